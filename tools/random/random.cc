// tritwise random: a model file of a given shape with random weights, to measure what a network would cost.
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>

#include "format/names.h"
#include "tools/commands.h"
#include "tools/not_negative.h"
#include "tools/output.h"
#include "tools/random/shape.h"
#include "tools/random/weights.h"
#include "trainer/error_status.h"

namespace tritwise {
namespace {

struct RandomFlags {
  std::string shape;
  std::string layout = "t2";
  std::string head = "int8";
  uint64_t seed = 1;
  std::string out;
};

void Random(const RandomFlags& flags) {
  if (!IsShippedShape(flags.shape) && !std::filesystem::exists(flags.shape)) {
    throw UsageError("there is no shape \"" + flags.shape + "\" (there are " + ShippedShapeNames() +
                     "; or give a TOML file)");
  }
  const ModelShape shape = ReadShape(flags.shape);
  Graph graph = ShapeGraph(shape, *FromName<Storage>(flags.layout), *FromName<Storage>(flags.head));
  const ModelDescription description =
      DescribeRandom(shape, std::move(graph), flags.seed, "tritwise " TRITWISE_VERSION);
  ThrowIfError(StreamModel(flags.out, description, RandomWeights(description.graph, flags.seed)));
  std::printf("%s: random weights, shape %s, %s\n", flags.out.c_str(), shape.name.c_str(),
              FormatBytes(std::filesystem::file_size(flags.out)).c_str());
}

}  // namespace

void AddRandom(CLI::App& app) {
  auto flags = std::make_shared<RandomFlags>();
  CLI::App* command = app.add_subcommand("random", "Writes a model with random weights, for bench and inspect");
  command->option_defaults()->always_capture_default();
  command->add_option("--shape", flags->shape, ShippedShapeNames() + ", or a TOML file like those in tools/shapes/")
      ->required();
  command
      ->add_option("--layout", flags->layout,
                   "Of ternary matrices: t2 (2 bits a weight), t5 (1.6) or lut (2, for look-ups); f16 or int8: the "
                   "same network with plain linears, to compare with")
      ->check(CLI::IsMember({"t2", "t5", "lut", "f16", "int8"}));
  command->add_option("--head", flags->head, "Of embedding and head: int8, int6, int4, t2, t5, f16 or f32")
      ->check(CLI::IsMember({"int8", "int6", "int4", "t2", "t5", "f16", "f32"}));
  command->add_option("--seed", flags->seed, "Of the weights: the same seed gives the same file everywhere")
      ->check(NotNegative());
  command->add_option("-o,--out", flags->out, "The file to write")->required();
  command->footer("Example:\n  tritwise random --shape bitnet-2b4t -o 2b.trit && tritwise bench 2b.trit");
  command->callback([flags] { Random(*flags); });
}

}  // namespace tritwise

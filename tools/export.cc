// `tritwise export`: a .trit file from a checkpoint, in another layout or precision.
#include <filesystem>
#include <memory>

#include "format/names.h"
#include "tools/commands.h"
#include "trainer/export.h"
#include "trainer/huggingface/export.h"
#include "trainer/run_folder.h"

namespace tritwise {
namespace {

struct Arguments {
  std::string checkpoint;
  std::string output;
  std::string layout;
  std::string head;
  bool quantise_now = false;
  std::string huggingface;
  std::string dtype = "f32";
  bool dequantised = false;
};

Storage StorageNamed(const std::string& name, const Storage otherwise) {
  return name.empty() ? otherwise : FromName<Storage>(name).value();
}

void Export(const Arguments& arguments) {
  std::filesystem::path path = arguments.checkpoint;
  if (std::filesystem::is_directory(path)) path = CheckpointPath(path);
  const Checkpoint checkpoint = ReadCheckpoint(path.string());
  if (!arguments.huggingface.empty()) {
    const HuggingFaceOptions options = {arguments.dtype, arguments.dequantised};
    for (const std::string& line : ExportHuggingFace(checkpoint, arguments.huggingface, options)) {
      std::fprintf(stderr, "%s\n", line.c_str());
    }
    std::printf("%s: %s weights in %s\n", arguments.huggingface.c_str(),
                arguments.dequantised ? "dequantised" : "master", arguments.dtype.c_str());
    return;
  }
  ExportOptions options;
  options.layout = StorageNamed(arguments.layout, checkpoint.recipe.exporting.layout);
  // What a recipe says of the head is for its ternary network.
  options.head =
      StorageNamed(arguments.head, IsTernary(options.layout) ? checkpoint.recipe.exporting.head : options.layout);
  options.quantise_now = arguments.quantise_now;
  ExportCheckpoint(checkpoint, arguments.output, options);
  std::printf("%s: %ju bytes\n", arguments.output.c_str(),
              static_cast<uintmax_t>(std::filesystem::file_size(arguments.output)));
}

}  // namespace

void AddExport(CLI::App& app) {
  auto arguments = std::make_shared<Arguments>();
  CLI::App* command = app.add_subcommand("export", "Write a model from a training checkpoint");
  command->add_option("checkpoint", arguments->checkpoint, "Checkpoint, or the folder of a run")->required();
  auto* what = command->add_option_group("what to write");
  auto* output = what->add_option("-o,--output", arguments->output, "The .trit file to write");
  auto* huggingface = what->add_option("--huggingface", arguments->huggingface,
                                       "A Hugging Face folder instead, with the weights that training goes on from");
  what->require_option(1);
  command->add_option("--dtype", arguments->dtype, "Numbers of the Hugging Face weights")
      ->check(CLI::IsMember({"f32", "f16", "bf16"}))
      ->needs(huggingface);
  command
      ->add_flag("--dequantised", arguments->dequantised,
                 "Hugging Face: code times scale in place of the master weights of ternary matrices")
      ->needs(huggingface);
  command
      ->add_option(
          "--layout", arguments->layout,
          "Ternary matrices: t2 (2 bits a weight), t5 (1.6 bits), lut (2 bits, for tables of sums); f16 or int8: the "
          "16-bit network so, to compare with")
      ->check(CLI::IsMember({"t2", "t5", "lut", "f16", "int8"}))
      ->needs(output);
  command
      ->add_option(
          "--head", arguments->head,
          "Embedding and head: int8, int6, int4 (6.25, 4.25 bits a weight), t2, t5 (ternary), f16 or f32 (default: the "
          "recipe's; with --layout f16 or int8 the same)")
      ->check(CLI::IsMember({"int8", "int6", "int4", "t2", "t5", "f16", "f32"}))
      ->needs(output);
  command->add_flag("--quantise-now", arguments->quantise_now,
                    "Also where the network is not fully ternary yet: it will score worse than it did in training");
  command->footer(
      "Examples:\n  tritwise export runs/king-james -o king-james.trit --layout t5\n"
      "  tritwise export runs/mine --huggingface mine-hf --dtype bf16");
  command->callback([arguments] { Export(*arguments); });
}

}  // namespace tritwise

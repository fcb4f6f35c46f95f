// `tritwise export`: a .trit file from a checkpoint, in another layout or precision.
#include <filesystem>
#include <memory>

#include "format/names.h"
#include "tools/commands.h"
#include "trainer/export.h"

namespace tritwise {
namespace {

struct Arguments {
  std::string checkpoint;
  std::string output;
  std::string layout;
  std::string head;
  bool quantise_now = false;
};

Storage StorageNamed(const std::string& name, const Storage otherwise) {
  return name.empty() ? otherwise : FromName<Storage>(name).value();
}

void Export(const Arguments& arguments) {
  std::filesystem::path path = arguments.checkpoint;
  if (std::filesystem::is_directory(path)) path /= "checkpoint.safetensors";
  const Checkpoint checkpoint = ReadCheckpoint(path.string());
  ExportOptions options;
  options.layout = StorageNamed(arguments.layout, checkpoint.recipe.exporting.layout);
  options.head = StorageNamed(arguments.head, checkpoint.recipe.exporting.head);
  options.quantise_now = arguments.quantise_now;
  ExportCheckpoint(checkpoint, arguments.output, options);
  std::printf("%s: %ju bytes\n", arguments.output.c_str(),
              static_cast<uintmax_t>(std::filesystem::file_size(arguments.output)));
}

}  // namespace

void AddExport(CLI::App& app) {
  auto arguments = std::make_shared<Arguments>();
  CLI::App* command = app.add_subcommand("export", "Write a .trit model from a training checkpoint");
  command->add_option("checkpoint", arguments->checkpoint, "Checkpoint, or the folder of a run")->required();
  command->add_option("-o,--output", arguments->output, "The .trit file to write")->required();
  command
      ->add_option("--layout", arguments->layout,
                   "Ternary matrices: t2 (2 bits a weight), t5 (1.6 bits); f16: the 16-bit network, to compare with")
      ->check(CLI::IsMember({"t2", "t5", "f16"}));
  command->add_option("--head", arguments->head, "Embedding and head of a ternary network")
      ->check(CLI::IsMember({"int8", "f16", "f32"}));
  command->add_flag("--quantise-now", arguments->quantise_now,
                    "Also where the network is not fully ternary yet: it will score worse than it did in training");
  command->footer("Example:\n  tritwise export runs/king-james -o king-james.trit --layout t5");
  command->callback([arguments] { Export(*arguments); });
}

}  // namespace tritwise

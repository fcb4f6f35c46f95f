// `tritwise export`: a .trit file from a checkpoint, in another layout or precision, or a file for other programs.
#include <filesystem>
#include <memory>
#include <optional>

#include "format/model_file.h"
#include "format/names.h"
#include "tools/commands.h"
#include "tools/gguf/export.h"
#include "trainer/error_status.h"
#include "trainer/export.h"
#include "trainer/huggingface/export.h"
#include "trainer/run_folder.h"

namespace tritwise {
namespace {

struct ExportArguments {
  std::string source;
  std::string output;
  std::string layout;
  std::string head;
  bool quantise_now = false;
  std::string huggingface;
  std::string dtype = "f32";
  bool dequantised = false;
  std::string gguf;
  std::string gguf_type;
};

Storage StorageNamed(const std::string& name, const Storage otherwise) {
  return name.empty() ? otherwise : FromName<Storage>(name).value();
}

// Whatever becomes of the export, this file goes.
struct Temporary {
  explicit Temporary(std::string name) : path(std::move(name)) {}
  Temporary(const Temporary&) = delete;
  Temporary& operator=(const Temporary&) = delete;
  ~Temporary() {
    std::error_code ignored;
    std::filesystem::remove(path, ignored);
  }
  std::string path;
};

void Say(const std::vector<std::string>& lines) {
  for (const std::string& line : lines) std::fprintf(stderr, "%s\n", line.c_str());
}

void SaySize(const std::string& path) {
  std::printf("%s: %ju bytes\n", path.c_str(), static_cast<uintmax_t>(std::filesystem::file_size(path)));
}

void ExportGguf(const ExportArguments& arguments, const std::string& model_path) {
  std::optional<GgufType> type;
  if (!arguments.gguf_type.empty()) type = GgufTypeNamed(arguments.gguf_type);
  const ModelFile model = ValueOrThrow(ModelFile::Read(model_path));
  try {
    Say(WriteGguf(model, arguments.gguf, type));
  } catch (const Error& error) {
    throw Error(arguments.source + ": " + error.what());
  }
  SaySize(arguments.gguf);
}

void Export(const ExportArguments& arguments) {
  std::filesystem::path path = arguments.source;
  if (path.extension() == ".trit") {
    if (arguments.gguf.empty()) throw UsageError("a .trit file can be exported with --gguf only");
    if (!arguments.layout.empty() || !arguments.head.empty() || arguments.quantise_now) {
      throw UsageError("--layout, --head and --quantise-now are for checkpoints: a .trit file has its layout already");
    }
    return ExportGguf(arguments, path.string());
  }
  if (std::filesystem::is_directory(path)) path = CheckpointPath(path);
  const Checkpoint checkpoint = ReadCheckpoint(path.string());
  if (!arguments.huggingface.empty()) {
    const HuggingFaceOptions options = {arguments.dtype, arguments.dequantised};
    Say(ExportHuggingFace(checkpoint, arguments.huggingface, options));
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
  if (!arguments.gguf.empty()) {
    const Temporary model(arguments.gguf + ".part.trit");
    ExportCheckpoint(checkpoint, model.path, options);
    return ExportGguf(arguments, model.path);
  }
  ExportCheckpoint(checkpoint, arguments.output, options);
  SaySize(arguments.output);
}

}  // namespace

void AddExport(CLI::App& app) {
  auto arguments = std::make_shared<ExportArguments>();
  CLI::App* command = app.add_subcommand("export", "Write a model from a training checkpoint");
  command->add_option("source", arguments->source, "Checkpoint, or the folder of a run; with --gguf also a .trit file")
      ->required();
  auto* what = command->add_option_group("what to write");
  what->add_option("-o,--output", arguments->output, "The .trit file to write");
  auto* huggingface = what->add_option("--huggingface", arguments->huggingface,
                                       "A Hugging Face folder instead, with the weights that training goes on from");
  auto* gguf = what->add_option("--gguf", arguments->gguf, "A GGUF file instead, which llama.cpp runs");
  what->require_option(1);
  command
      ->add_option("--gguf-type", arguments->gguf_type,
                   "GGUF: ternary matrices as tq1_0, tq2_0 (the default), q4_0, q8_0 or f16; all hold the same trits")
      ->check(CLI::IsMember(TernaryGgufTypes()))
      ->needs(gguf);
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
      ->excludes(huggingface);
  command
      ->add_option(
          "--head", arguments->head,
          "Embedding and head: int8, int6, int4 (6.25, 4.25 bits a weight), t2, t5 (ternary), f16 or f32 (default: the "
          "recipe's; with --layout f16 or int8 the same)")
      ->check(CLI::IsMember({"int8", "int6", "int4", "t2", "t5", "f16", "f32"}))
      ->excludes(huggingface);
  command->add_flag("--quantise-now", arguments->quantise_now,
                    "Also where the network is not fully ternary yet: it will score worse than it did in training");
  command->footer(
      "Examples:\n  tritwise export runs/king-james -o king-james.trit --layout t5\n"
      "  tritwise export runs/mine --huggingface mine-hf --dtype bf16\n"
      "  tritwise export king-james.trit --gguf king-james.gguf --gguf-type tq1_0");
  command->callback([arguments] { Export(*arguments); });
}

}  // namespace tritwise

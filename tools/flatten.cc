// tritwise flatten: a model as C++ source for a machine without an operating system (docs/bare-metal.md).
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>

#include "format/atomic_file.h"
#include "format/model_file.h"
#include "tools/commands.h"
#include "tools/flatten/source.h"
#include "trainer/data/idx.h"
#include "trainer/error_status.h"

namespace tritwise {
namespace {

struct FlattenFlags {
  std::string model;
  std::string out;
  std::string name = "network";
  std::string images;
  uint32_t samples = 32;
};

bool IsName(const std::string& text) {
  const auto is_letter = [](char c) { return c >= 'a' && c <= 'z'; };
  const auto fits = [&](char c) { return is_letter(c) || (c >= '0' && c <= '9') || c == '_'; };
  return !text.empty() && is_letter(text[0]) && std::all_of(text.begin(), text.end(), fits);
}

std::string Samples(const FlattenFlags& flags, const Graph& graph) {
  const IdxImages images = ReadIdxImages(flags.images);
  const size_t width = images.rows * images.cols;
  if (width != static_cast<size_t>(graph.input_width)) {
    throw Error(flags.images + ": images of " + std::to_string(images.rows) + "x" + std::to_string(images.cols) +
                " pixels; the model reads " + std::to_string(graph.input_width));
  }
  return SampleSource(images.pixels.data(), std::min<size_t>(flags.samples, images.count), width);
}

void Flatten(const FlattenFlags& flags) {
  const ModelFile model = ValueOrThrow(ModelFile::Read(flags.model));
  FlatSource source;
  try {
    source = FlattenModel(model, flags.name);
  } catch (const Error& error) {
    throw Error(flags.model + ": " + error.what());
  }
  std::string samples;
  if (!flags.images.empty()) samples = Samples(flags, model.graph());

  const std::filesystem::path folder(flags.out);
  std::error_code failed;
  std::filesystem::create_directories(folder, failed);
  if (failed) throw Error(flags.out + ": cannot make this folder: " + failed.message());
  const auto write = [&](const char* name, const std::string& text) {
    ThrowIfError(WriteFileAtomically((folder / name).string(), text));
  };
  write("network.h", source.network_h);
  write("network.cc", source.network_cc);
  write("weights.h", source.weights_h);
  write("weights.cc", source.weights_cc);
  if (!samples.empty()) write("samples.cc", samples);
  std::printf("%s: %zu operations, arena %llu bytes, weights %llu bytes\n", flags.out.c_str(), model.graph().ops.size(),
              static_cast<unsigned long long>(source.arena_bytes),
              static_cast<unsigned long long>(source.weight_bytes));
}

}  // namespace

void AddFlatten(CLI::App& app) {
  auto flags = std::make_shared<FlattenFlags>();
  CLI::App* command =
      app.add_subcommand("flatten", "Writes a model as C++ source for a machine without an operating system");
  command->add_option("model", flags->model, "A .trit file: features in, class scores out")->required();
  command->add_option("-o,--out", flags->out, "The folder to write")->required();
  command->add_option("--name", flags->name, "Namespace within tritwise, for programs with several networks")
      ->check(CLI::Validator(
          [](std::string& text) {
            return IsName(text) ? "" : "must begin with a letter and hold small letters, digits and _ only";
          },
          "", ""))
      ->capture_default_str();
  CLI::Option* images =
      command->add_option("--images", flags->images, "Images for the test program, an IDX file, plain or gzipped");
  command->add_option("--samples", flags->samples, "How many of them")
      ->check(CLI::Range(1, 10000))
      ->needs(images)
      ->capture_default_str();
  command->footer("Example:\n  tritwise flatten model.trit -o firmware/network");
  command->callback([flags] { Flatten(*flags); });
}

}  // namespace tritwise

#include "trainer/checkpoint.h"

#include <charconv>
#include <cstring>

#include "trainer/error_status.h"
#include "trainer/safetensors.h"

namespace tritwise {
namespace {

constexpr const char* kFormat = "tritwise-checkpoint-1";
constexpr const char* kDescription = "tritwise.description";
constexpr const char* kCodes = "tritwise.codes";
constexpr const char* kFirst = "adam.first.";
constexpr const char* kSecond = "adam.second.";

template <class Number>
Number ReadNumber(const SafetensorsFile& file, const std::string& key) {
  const auto found = file.metadata().find(key);
  Number number = 0;
  if (found != file.metadata().end()) {
    const std::string& text = found->second;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error == std::errc() && end == text.data() + text.size()) return number;
  }
  throw Error(file.path() + ": the checkpoint's " + key + " is missing or not a number");
}

void RequireCheckpoint(const SafetensorsFile& file) {
  const auto format = file.metadata().find("format");
  if (format == file.metadata().end() || format->second != kFormat) {
    throw Error(file.path() + ": not a checkpoint of tritwise (its metadata say nothing of \"" + kFormat + "\")");
  }
}

// Reads back as the same bits.
std::string ExactText(double value) {
  char text[40];
  return {text, std::to_chars(text, text + sizeof(text), value).ptr};
}

void Copy(const SafetensorsFile& file, const std::string& name, std::span<float> out) {
  const auto bytes = file.tensor(name, "F32").bytes;
  if (bytes.size() != out.size_bytes()) throw Error(file.path() + ": tensor " + name + " has the wrong size");
  std::memcpy(out.data(), bytes.data(), bytes.size());
}

}  // namespace

void WriteCheckpoint(const std::string& path, const Checkpoint& checkpoint) {
  const TrainState& state = checkpoint.state;
  const Graph& graph = checkpoint.description.graph;
  const ParameterLayout layout(graph);
  const std::vector<std::byte> description = SerialiseDescription(checkpoint.description);
  std::map<std::string, SafetensorsEntry> tensors;
  for (size_t t = 0; t < graph.tensors.size(); ++t) {
    const TensorSpec& spec = graph.tensors[t];
    const auto add = [&](const std::string& name, const std::vector<float>& all) {
      const auto part = layout.Of(std::span(all), static_cast<int32_t>(t));
      tensors[name] = {"F32", {spec.rows, spec.cols}, std::as_bytes(part)};
    };
    add(spec.name, state.weights);
    add(kFirst + spec.name, state.first_moment);
    add(kSecond + spec.name, state.second_moment);
  }
  tensors[kDescription] = {"U8", {static_cast<int64_t>(description.size())}, description};
  const std::vector<uint8_t>& codes = checkpoint.codes.packed();
  tensors[kCodes] = {"U8", {static_cast<int64_t>(codes.size())}, std::as_bytes(std::span(codes))};
  const std::map<std::string, std::string> metadata = {
      {"format", kFormat},
      {"step", std::to_string(state.step)},
      {"optimiser_steps", std::to_string(state.optimiser_steps)},
      {"second_moment_steps", std::to_string(state.second_moment_steps)},
      {"data_position", std::to_string(state.data_position)},
      {"threads", std::to_string(checkpoint.threads)},
      {"loss_mean", ExactText(checkpoint.losses.mean)},
      {"loss_count", std::to_string(checkpoint.losses.count)},
      {"ranks", std::to_string(checkpoint.ranks)},
      {"recipe", WriteRecipe(checkpoint.recipe)},
  };
  WriteSafetensors(path, metadata, tensors);
}

Checkpoint ReadCheckpoint(const std::string& path) {
  const SafetensorsFile file(path);
  RequireCheckpoint(file);
  Checkpoint checkpoint;
  checkpoint.state.step = ReadNumber<int64_t>(file, "step");
  checkpoint.state.optimiser_steps = ReadNumber<int64_t>(file, "optimiser_steps");
  checkpoint.state.second_moment_steps = file.metadata().contains("second_moment_steps")
                                             ? ReadNumber<int64_t>(file, "second_moment_steps")
                                             : checkpoint.state.optimiser_steps;
  checkpoint.state.data_position = ReadNumber<uint64_t>(file, "data_position");
  checkpoint.threads = ReadNumber<int>(file, "threads");
  if (file.metadata().contains("loss_mean")) {
    checkpoint.losses = {ReadNumber<double>(file, "loss_mean"), ReadNumber<int64_t>(file, "loss_count")};
  }
  if (file.metadata().contains("ranks")) checkpoint.ranks = ReadNumber<int>(file, "ranks");
  const auto recipe = file.metadata().find("recipe");
  if (recipe == file.metadata().end()) throw Error(path + ": the checkpoint holds no recipe");
  checkpoint.recipe = ParseRecipe(recipe->second, path + " (recipe)", {});
  // A FlatBuffer must be aligned, a tensor in the file need not be.
  const auto packed = file.tensor(kDescription, "U8").bytes;
  const std::vector<std::byte> description(packed.begin(), packed.end());
  checkpoint.description = ValueOrThrow(ParseDescription(description, path));

  if (file.contains(kCodes)) {
    const auto codes = file.tensor(kCodes, "U8").bytes;
    const auto* first = reinterpret_cast<const uint8_t*>(codes.data());
    checkpoint.codes.packed().assign(first, first + codes.size());
  }

  const Graph& graph = checkpoint.description.graph;
  const ParameterLayout layout(graph);
  TrainState& state = checkpoint.state;
  for (std::vector<float>* all : {&state.weights, &state.first_moment, &state.second_moment}) {
    all->assign(layout.size(), 0.0f);
  }
  for (size_t t = 0; t < graph.tensors.size(); ++t) {
    const std::string& name = graph.tensors[t].name;
    const auto part = [&](std::vector<float>& all) { return layout.Of(std::span(all), static_cast<int32_t>(t)); };
    Copy(file, name, part(state.weights));
    Copy(file, kFirst + name, part(state.first_moment));
    Copy(file, kSecond + name, part(state.second_moment));
  }
  return checkpoint;
}

int64_t ReadCheckpointStep(const std::string& path) {
  const SafetensorsFile file(path);
  RequireCheckpoint(file);
  return ReadNumber<int64_t>(file, "step");
}

}  // namespace tritwise

// What the files of a run are called, in its folder.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

namespace tritwise {

inline std::filesystem::path CheckpointPath(const std::filesystem::path& folder) {
  return folder / "checkpoint.safetensors";
}
// A checkpoint kept beside the last one, for runs that branch off at `step`.
inline std::filesystem::path KeptCheckpointPath(const std::filesystem::path& folder, int64_t step) {
  return folder / ("checkpoint-" + std::to_string(step) + ".safetensors");
}
inline std::filesystem::path MetricsPath(const std::filesystem::path& folder) { return folder / "metrics.jsonl"; }
inline std::filesystem::path RecipePath(const std::filesystem::path& folder) { return folder / "recipe.toml"; }
inline std::filesystem::path ModelPath(const std::filesystem::path& folder) { return folder / "model.trit"; }

}  // namespace tritwise

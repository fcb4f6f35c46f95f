// config.json of a Hugging Face folder: the two families of decoders that our builder makes too.
//
//  - "llama": RMS norm with gain. - "olmo": layer norm without gain (arXiv 2402.00838).
// Whatever in it would make another network than ours is refused with the key and its value.
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>

#include "format/families/decoder.h"

namespace tritwise {

struct HuggingFaceConfig {
  DecoderConfig network;
  int64_t vocabulary = 0;  // rows of the embedding
  int64_t context = 0;     // longest sequence that the network was made for
  int32_t begin_id = -1;
  int32_t end_id = -1;
};

// `where` begins the message of every Error.
HuggingFaceConfig ParseHuggingFaceConfig(const nlohmann::json& json, const std::string& where);

// Throws Error, after `where`, for a network that neither family can express.
nlohmann::json WriteHuggingFaceConfig(const HuggingFaceConfig& config, const std::string& where);

// A JSON file of such a folder. Throws Error.
nlohmann::json ReadJsonFile(const std::filesystem::path& path);

}  // namespace tritwise

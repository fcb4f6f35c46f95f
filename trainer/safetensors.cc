#include "trainer/safetensors.h"

#include <cstring>
#include <limits>
#include <nlohmann/json.hpp>

#include "format/atomic_file.h"
#include "trainer/error_status.h"

namespace tritwise {
namespace {

using Json = nlohmann::ordered_json;

size_t DtypeBytes(const std::string& dtype) {
  if (dtype == "F64" || dtype == "I64" || dtype == "U64") return 8;
  if (dtype == "F32" || dtype == "I32" || dtype == "U32") return 4;
  if (dtype == "F16" || dtype == "BF16" || dtype == "I16" || dtype == "U16") return 2;
  if (dtype == "U8" || dtype == "I8" || dtype == "BOOL") return 1;
  return 0;
}

// Bytes that a shape needs; the largest number where they do not fit one.
uint64_t BytesOf(const SafetensorsEntry& entry) {
  constexpr uint64_t kTooMany = std::numeric_limits<uint64_t>::max();
  uint64_t bytes = DtypeBytes(entry.dtype);
  for (const int64_t dimension : entry.shape) {
    if (dimension < 0) return kTooMany;
    if (__builtin_mul_overflow(bytes, static_cast<uint64_t>(dimension), &bytes)) return kTooMany;
  }
  return bytes;
}

}  // namespace

void WriteSafetensors(const std::string& path, const std::map<std::string, std::string>& metadata,
                      const std::map<std::string, SafetensorsEntry>& tensors) {
  Json header;
  header["__metadata__"] = metadata;
  uint64_t offset = 0;
  for (const auto& [name, entry] : tensors) {
    header[name] = {
        {"dtype", entry.dtype}, {"shape", entry.shape}, {"data_offsets", {offset, offset + entry.bytes.size()}}};
    offset += entry.bytes.size();
  }
  std::string text = header.dump();
  // Spaces up to where the tensors begin on a multiple of 64 bytes.
  text.append((64 - (sizeof(uint64_t) + text.size()) % 64) % 64, ' ');
  const uint64_t header_bytes = text.size();

  AtomicFile file = ValueOrThrow(AtomicFile::Create(path));
  ThrowIfError(file.Write(std::as_bytes(std::span(&header_bytes, 1))));
  ThrowIfError(file.WriteText(text));
  for (const auto& [name, entry] : tensors) ThrowIfError(file.Write(entry.bytes));
  ThrowIfError(file.Commit());
}

SafetensorsFile::SafetensorsFile(const std::string& path) : path_(path), file_(ValueOrThrow(MappedFile::Open(path))) {
  const auto bytes = file_.bytes();
  uint64_t header_bytes = 0;
  if (bytes.size() < sizeof(header_bytes)) throw Error(path + ": too short for a safetensors file");
  std::memcpy(&header_bytes, bytes.data(), sizeof(header_bytes));
  if (header_bytes > bytes.size() - sizeof(header_bytes)) {
    throw Error(path + ": not a safetensors file, or truncated (its header does not fit)");
  }
  const auto data = bytes.subspan(sizeof(header_bytes) + header_bytes);
  try {
    const auto* begin = reinterpret_cast<const char*>(bytes.data()) + sizeof(header_bytes);
    const Json header = Json::parse(begin, begin + header_bytes);
    if (!header.is_object()) throw Error(path + ": its safetensors header is damaged");
    for (const auto& [name, value] : header.items()) {
      if (name == "__metadata__") {
        metadata_ = value.get<std::map<std::string, std::string>>();
        continue;
      }
      SafetensorsEntry entry;
      entry.dtype = value.at("dtype").get<std::string>();
      entry.shape = value.at("shape").get<std::vector<int64_t>>();
      const auto from = value.at("data_offsets").at(0).get<uint64_t>();
      const auto to = value.at("data_offsets").at(1).get<uint64_t>();
      if (from > to || to > data.size() || to - from != BytesOf(entry)) {
        throw Error(path + ": tensor " + name + " does not fit into the file (truncated?)");
      }
      entry.bytes = data.subspan(from, to - from);
      tensors_.emplace(name, std::move(entry));
    }
  } catch (const Json::exception&) {
    throw Error(path + ": its safetensors header is damaged");
  }
}

const SafetensorsEntry& SafetensorsFile::tensor(const std::string& name, const std::string& dtype) const {
  const auto found = tensors_.find(name);
  if (found == tensors_.end()) throw Error(path_ + ": holds no tensor " + name);
  if (found->second.dtype != dtype) {
    throw Error(path_ + ": tensor " + name + " is " + found->second.dtype + ", not " + dtype);
  }
  return found->second;
}

}  // namespace tritwise

#include "trainer/data/corpus.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>

#include "format/atomic_file.h"
#include "format/utf8.h"
#include "trainer/data/read_file.h"
#include "trainer/error.h"

namespace tritwise {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
constexpr size_t kPartBytes = 4096;

std::string ReadText(const fs::path& path) {
  std::string text = ReadFile(path);
  if (const size_t at = FindInvalidUtf8(text); at != text.npos) {
    throw Error(path.string() + ": not UTF-8 at byte " + std::to_string(at));
  }
  if (text.starts_with(kByteOrderMark)) text.erase(0, kByteOrderMark.size());
  return text;
}

std::string TextOfLine(std::string_view line, const std::string& where) {
  const auto json = nlohmann::json::parse(line, nullptr, /*allow_exceptions=*/false);
  if (json.is_discarded()) throw Error(where + ": not valid JSON; each line is one object like {\"text\": \"...\"}");
  const auto text = json.is_object() ? json.find("text") : json.end();
  if (text == json.end()) throw Error(where + ": no field \"text\"");
  if (!text->is_string()) throw Error(where + ": the field \"text\" is not a string");
  return text->get<std::string>();
}

void AddJsonLines(const fs::path& path, std::vector<std::string>* documents) {
  const std::string contents = ReadText(path);
  std::string_view rest = contents;
  for (size_t number = 1; !rest.empty(); ++number) {
    const size_t end = std::min(rest.find('\n'), rest.size());
    const std::string_view line = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (line.find_first_not_of(" \t\r") == line.npos) continue;
    std::string text = TextOfLine(line, path.string() + ":" + std::to_string(number));
    if (!text.empty()) documents->push_back(std::move(text));
  }
}

void AddFile(const fs::path& path, std::vector<std::string>* documents) {
  if (path.extension() == ".jsonl") return AddJsonLines(path, documents);
  std::string text = ReadText(path);
  if (!text.empty()) documents->push_back(std::move(text));
}

std::vector<fs::path> FilesIn(const fs::path& folder) {
  std::vector<fs::path> files;
  std::error_code error;
  fs::recursive_directory_iterator entries(folder, error);
  for (; !error && entries != fs::recursive_directory_iterator(); entries.increment(error)) {
    const auto extension = entries->path().extension();
    std::error_code ignored;
    if ((extension == ".txt" || extension == ".jsonl") && entries->is_regular_file(ignored)) {
      files.push_back(entries->path());
    }
  }
  if (error) throw Error(folder.string() + ": cannot read the folder: " + error.message());
  std::sort(files.begin(), files.end());
  return files;
}

// Bytes of the next part of `text`: lines until there are enough, or, where a line is far longer than a part,
// up to a space or at least a whole character.
size_t NextPartBytes(std::string_view text) {
  if (text.size() <= kPartBytes) return text.size();
  const std::string_view window = text.substr(0, 2 * kPartBytes);
  if (const size_t line_end = window.find('\n', kPartBytes - 1); line_end != window.npos) return line_end + 1;
  if (window.size() == text.size()) return text.size();
  if (const size_t space = window.rfind(' '); space != window.npos && space >= kPartBytes) return space;
  size_t size = window.size();
  while ((static_cast<uint8_t>(text[size]) & 0xC0) == 0x80) --size;
  return size;
}

std::vector<std::string_view> Parts(std::string_view text) {
  std::vector<std::string_view> parts;
  while (!text.empty()) {
    const size_t size = NextPartBytes(text);
    parts.push_back(text.substr(0, size));
    text.remove_prefix(size);
  }
  return parts;
}

}  // namespace

std::vector<std::string> ReadCorpus(const fs::path& path) {
  std::vector<std::string> documents;
  std::error_code ignored;
  if (fs::is_directory(path, ignored)) {
    const std::vector<fs::path> files = FilesIn(path);
    if (files.empty()) throw Error(path.string() + ": no .txt or .jsonl file in this folder");
    for (const fs::path& file : files) AddFile(file, &documents);
  } else {
    AddFile(path, &documents);
  }
  if (documents.empty()) throw Error(path.string() + ": the corpus is empty");
  return documents;
}

CorpusSplit SplitCorpus(const std::vector<std::string>& documents, double validation_fraction) {
  if (!(validation_fraction > 0 && validation_fraction <= 0.5)) {
    throw Error("the validation fraction must be above 0 and at most 0.5");
  }
  const double exact_interval = std::min(1 / validation_fraction, 1e9);
  const auto interval = static_cast<size_t>(std::llround(exact_interval));
  const bool whole_documents = documents.size() >= 2 * interval;

  std::vector<std::vector<std::string_view>> parts_of_document;
  size_t part_count = 0;
  size_t size_bytes = 0;
  for (const std::string& document : documents) {
    parts_of_document.push_back(whole_documents ? std::vector<std::string_view>{document} : Parts(document));
    part_count += parts_of_document.back().size();
    size_bytes += document.size();
  }
  if (part_count < 2) {
    throw Error("the text is too short to set a part aside for validation: it has " + std::to_string(size_bytes) +
                " bytes, and parts have about " + std::to_string(kPartBytes));
  }

  // The middle one of each n, so that neither the first nor the last part is special.
  const size_t chosen = std::min(interval, part_count) / 2;
  CorpusSplit split;
  size_t index = 0;
  for (const auto& parts : parts_of_document) {
    std::string train;
    std::string validation;
    for (const std::string_view part : parts) {
      (index % interval == chosen ? validation : train).append(part);
      ++index;
    }
    if (!train.empty()) split.train.push_back(std::move(train));
    if (!validation.empty()) split.validation.push_back(std::move(validation));
  }
  return split;
}

fs::path WriteCorpus(const fs::path& stem, const std::vector<std::string>& documents) {
  const bool is_text = documents.size() == 1 && !documents[0].starts_with(kByteOrderMark);
  fs::path path = stem;
  path += is_text ? ".txt" : ".jsonl";
  std::string lines;
  if (!is_text) {
    for (const std::string& document : documents) lines += nlohmann::json{{"text", document}}.dump() + "\n";
  }
  const Status status = WriteFileAtomically(path.string(), is_text ? documents[0] : lines);
  if (!status.ok()) throw Error(status.message());
  return path;
}

}  // namespace tritwise

// Text to train on: read from files, and divided into a part to train on and a part to validate with.
//
// A corpus is a list of documents. A plain-text file is one document; each line of a JSONL file is one, from
// its field "text"; a folder is all its *.txt and *.jsonl files, at any depth, in the order of their paths.
// Everything is held in memory: what one machine trains on without a GPU fits. Not a cleaner of text: bytes
// are kept as they are, except for a byte order mark at the beginning of a file.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace tritwise {

// Never empty, and no document is. Throws Error: no such path, nothing in it, not UTF-8 (with the offset), a
// line that is not JSON or has no text (with its number).
std::vector<std::string> ReadCorpus(const std::filesystem::path& path);

struct CorpusSplit {
  std::vector<std::string> train;
  std::vector<std::string> validation;
};

// Every n-th part, n = 1 / validation_fraction, goes to validation, spread over the whole corpus; the same
// every time. Where there are at least 2 n documents, parts are documents; where there are fewer, such as one
// long text, each document is cut at line ends into parts of about 4 KiB, and those of one document that go
// to the same half are joined again. The fraction is above 0 and at most 0.5. Throws Error for a text too
// short to give both halves something.
CorpusSplit SplitCorpus(const std::vector<std::string>& documents, double validation_fraction);

// Writes a file that ReadCorpus reads as the same documents: STEM.txt for one document, STEM.jsonl for
// several. Returns the path. Throws Error.
std::filesystem::path WriteCorpus(const std::filesystem::path& stem, const std::vector<std::string>& documents);

}  // namespace tritwise

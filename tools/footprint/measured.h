// A variant measured: each figure by a process of its own, that does nothing else.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tools/footprint/child.h"
#include "tools/footprint/planned.h"

namespace tritwise {

struct MeasureRequest {
  std::vector<int64_t> contexts;
  std::vector<int> threads;  // ascending; memory is measured with the most
  int64_t prompt = 512;      // tokens of a prefill
  std::string text;          // held out, for the loss; "": none
  bool speed = true;
  bool quick = false;
};

struct MeasuredSpeed {
  int threads = 1;
  double tokens_per_s = 0.0;
};

struct Measured {
  uint64_t file = 0;
  std::vector<uint64_t> peaks;  // of the process, by context
  uint64_t page_tables = 0;     // the kernel's, with the last context
  std::optional<double> joules_per_token;
  std::string why_no_energy;
  // With speed; seconds. Loading is with checksums; the first token is that of a short prompt, from the file's name on.
  std::optional<double> load;
  std::optional<double> first_token_cold;  // the file was on disk; none where the system keeps it in memory
  std::optional<double> first_token_warm;
  std::vector<MeasuredSpeed> prefill;  // most threads first
  std::vector<MeasuredSpeed> decode;
  // With a text.
  std::optional<double> loss;  // nats a token
  size_t tokens = 0;
};

// `path` is the model stored as `variant`. Throws Error.
Measured MeasureVariant(const std::string& path, const Variant& variant, const MeasureRequest& request);

// How far the peak is from what was planned, as a share of it.
double Difference(uint64_t measured, uint64_t planned);

}  // namespace tritwise

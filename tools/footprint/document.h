// A footprint as a whole: what was asked, of which network, on which machine, and every variant planned and measured.
// Its JSON is versioned, so that runs can be compared; docs/footprint.md says what each key means.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tools/footprint/boards.h"
#include "tools/footprint/measured.h"
#include "tools/footprint/planned.h"

namespace tritwise {

// Grows when a key changes its meaning or goes away, not when one is added.
inline constexpr int kFootprintVersion = 1;

struct VariantFootprint {
  Variant variant;
  Planned planned;
  std::optional<Measured> measured;
};

struct Footprint {
  std::string name;
  std::string note;
  std::string digest;
  uint64_t parameters = 0;
  uint64_t ternary_weights = 0;
  bool reads_text = true;
  std::string command;  // as it was typed
  int threads = 0;      // of the plans
  int64_t prompt = 0;   // tokens of a prefill that was measured; 0: none was
  std::string text;     // held out; ""
  bool quick = false;   // speeds are only there to see that they are
  std::vector<Board> boards;
  std::vector<VariantFootprint> variants;  // the first is the reference
};

struct FootprintSource;

// What is asked for.
struct FootprintRequest {
  std::vector<Variant> variants;
  std::vector<int64_t> contexts;  // the usual ones are planned behind them, where fewer are asked for; none: 512
  bool only_these_contexts = false;
  std::vector<int> threads;  // ascending; the last is planned for
  std::vector<Board> boards;
  // Measured, with files written beside `page`; planned alone where nothing is said.
  std::optional<MeasureRequest> measure;
  std::string page;
};

// Plans every variant and measures it where that is asked for, with a line on standard error for each. Throws Error.
Footprint MakeFootprint(const FootprintSource& source, const FootprintRequest& request);

// Machine, commit and time included: those of now.
Json ToJson(const Footprint& footprint);

// PAGE.html, which needs no network and no other file, and PAGE.json beside it. Throws Error.
void WriteFootprintReport(const Footprint& footprint, const std::string& page);
// Where that is. Throws Error where the path does not end in .html.
std::string JsonPath(const std::string& page);

// A table of what changed from one report's JSON to another's, variants that both have. Throws Error: not such a file,
// of another version, of another network.
void CompareFootprints(const std::string& before, const std::string& after, bool json);

}  // namespace tritwise

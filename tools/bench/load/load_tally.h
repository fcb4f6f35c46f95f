// What became of the requests of a load test. Each that was begun ends in exactly one of: ok, cancelled, error,
// unfinished.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "tools/bench/load/percentiles.h"
#include "tools/bench/load/text_check.h"

namespace tritwise {

struct LoadTally {
  uint64_t begun = 0;
  uint64_t ok = 0;
  uint64_t cancelled = 0;   // as they were to be
  uint64_t unfinished = 0;  // when the test was interrupted
  std::map<std::string, uint64_t> errors_by_code;
  std::map<std::string, uint64_t> finish_reasons;

  uint64_t busy = 0;      // answers "busy", after which the client waited and asked again
  uint64_t late = 0;      // arrivals for which no client was free
  uint64_t too_late = 0;  // texts that ended before their cancelling came
  uint64_t mismatches = 0;
  uint64_t tokens = 0;  // received
  uint64_t prompt_tokens = 0;
  uint64_t cached_tokens = 0;
  TextCheck texts;

  // Of clients that read as fast as they can, in milliseconds. The first and the last go from the arrival: when the
  // request was to be sent, even where its client was not free yet or the server was full.
  Percentiles first_token;
  Percentiles between_tokens;
  Percentiles queue;
  Percentiles request;

  void Error(const std::string& code) { ++errors_by_code[code]; }
  uint64_t errors() const;
  Json AsJson() const;
};

}  // namespace tritwise

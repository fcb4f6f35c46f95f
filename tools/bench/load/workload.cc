#include "tools/bench/load/workload.h"

#include <cmath>

namespace tritwise {
namespace {

// Of a request that is cancelled.
constexpr uint64_t kSoon_ms = 20;
constexpr uint64_t kLater_ms = 2000;

// From 0 to below 1, the same with every library.
double Unit(std::mt19937_64& random) { return static_cast<double>(random() >> 11) * 0x1p-53; }

}  // namespace

Workload::Workload(const WorkloadOptions& options, int64_t vocabulary)
    : options_(options), vocabulary_(vocabulary), requests_(options.seed), arrivals_(~options.seed) {}

PlannedRequest Workload::Next() {
  PlannedRequest request;
  if (options_.text.empty()) request.prompt = requests_() % static_cast<uint64_t>(options_.prompts);
  if (Unit(requests_) < options_.cancel) {
    const bool soon = requests_() % 2 == 0;
    request.fate = soon ? Fate::kCancelledSoon : Fate::kCancelledLater;
    request.cancel_after = std::chrono::milliseconds(1 + requests_() % (soon ? kSoon_ms : kLater_ms));
  }
  return request;
}

double Workload::NextGap_s() { return -std::log1p(-Unit(arrivals_)) / options_.rate; }

Json Workload::Request(size_t prompt) const {
  Json request = {{"type", "generate"}};
  if (!options_.model.empty()) request["model"] = options_.model;
  if (!options_.text.empty()) {
    request["prompt"] = options_.text;
  } else {
    std::mt19937_64 all(options_.seed);
    std::mt19937_64 own(options_.seed + 1 + prompt);
    const double shared = std::round(options_.shared * static_cast<double>(options_.prompt_tokens));
    Json ids = Json::array();
    for (int64_t i = 0; i < options_.prompt_tokens; ++i) {
      ids.push_back((static_cast<double>(i) < shared ? all : own)() % static_cast<uint64_t>(vocabulary_));
    }
    request["ids"] = std::move(ids);
  }
  request["max_tokens"] = options_.max_tokens;
  if (options_.temperature > 0.0) {
    request["temperature"] = options_.temperature;
    request["seed"] = prompt;
  }
  return request;
}

}  // namespace tritwise

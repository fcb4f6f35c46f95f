#include "tools/footprint/measured.h"

#include <algorithm>
#include <filesystem>

#include "format/names.h"
#include "tools/footprint/program.h"

namespace tritwise {
namespace {

void MeasureMemoryOf(const std::string& path, const std::string& cache, const MeasureRequest& request,
                     Measured& measured) {
  for (const int64_t context : request.contexts) {
    const Json object = MeasureFilled(path, cache, request.threads.back(), context);
    measured.peaks.push_back(object.at("memory").at("peak_rss_bytes").get<uint64_t>());
    measured.page_tables = object.at("memory").at("page_tables_bytes").get<uint64_t>();
    const Json& energy = object.at("energy");
    if (energy.at("joules_per_token").is_null()) {
      measured.why_no_energy = energy.at("why_not").get<std::string>();
    } else {
      measured.joules_per_token = energy.at("joules_per_token").get<double>();
    }
  }
}

std::vector<MeasuredSpeed> Speeds(const Json& by) {
  std::vector<MeasuredSpeed> speeds;
  for (const Json& speed : by) {
    speeds.push_back({speed.at("threads").get<int>(), speed.at("tokens_per_s").get<double>()});
  }
  return speeds;
}

void MeasureSpeedOf(const std::string& path, const std::string& cache, const MeasureRequest& request,
                    Measured& measured) {
  std::string threads;
  for (const int count : request.threads) {
    if (!threads.empty()) threads += ',';
    threads += std::to_string(count);
  }
  std::vector<std::string> words = {"bench",   path,        "--only", "model",    "--batch",
                                    "1",       "--threads", threads,  "--prompt", std::to_string(request.prompt),
                                    "--cache", cache,       "--json"};
  if (request.quick) words.emplace_back("--quick");
  const Json object = RunSelf(words);
  measured.load = object.at("load").at("checked").at("seconds").get<double>();
  for (const Json& start : object.at("start").at("by")) {
    if (!start.at("checked").get<bool>()) continue;
    (start.at("from_disk").get<bool>() ? measured.first_token_cold : measured.first_token_warm) =
        start.at("seconds").get<double>();
  }
  measured.prefill = Speeds(object.at("prefill").at("by"));
  measured.decode = Speeds(object.at("decode").at("by"));
}

}  // namespace

Measured MeasureVariant(const std::string& path, const Variant& variant, const MeasureRequest& request) {
  const std::string cache(NameOf(variant.cache));
  Measured measured;
  measured.file = std::filesystem::file_size(path);
  MeasureMemoryOf(path, cache, request, measured);
  if (request.speed) MeasureSpeedOf(path, cache, request, measured);
  if (!request.text.empty()) {
    const Json object = RunSelf({"eval", path, "--perplexity", request.text, "--cache", cache, "--threads",
                                 std::to_string(request.threads.back()), "--json"});
    measured.loss = object.at("loss").get<double>();
    measured.tokens = object.at("tokens").get<size_t>();
  }
  return measured;
}

double Difference(uint64_t measured, uint64_t planned) {
  return static_cast<double>(measured) / static_cast<double>(planned) - 1.0;
}

}  // namespace tritwise

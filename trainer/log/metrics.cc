#include "trainer/log/metrics.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <nlohmann/json.hpp>
#include <string_view>

#include "format/atomic_file.h"
#include "trainer/error.h"
#include "trainer/error_status.h"
#include "trainer/log/metrics_reader.h"

namespace tritwise {
namespace {

// Fields in the order in which they are set: people look at these lines too. Not-finite numbers are dumped
// as null by the library.
using Json = nlohmann::ordered_json;

std::string Line(const Json& object) { return object.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n"; }

int OpenForAppending(const std::string& path) {
  const int descriptor = open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (descriptor < 0) throw Error(path + ": cannot write: " + std::strerror(errno));
  return descriptor;
}

std::string LinesBefore(const std::filesystem::path& path, int64_t step) {
  std::string kept;
  if (!std::filesystem::exists(path)) return kept;
  ForEachMetricsLine(path, [&](std::string_view line, const nlohmann::json& object) {
    const auto found = object.find("step");
    if (found != object.end() && found->is_number() && found->get<double>() >= static_cast<double>(step)) return;
    kept.append(line);
    kept.push_back('\n');
  });
  return kept;
}

}  // namespace

MetricsLog::MetricsLog(const std::filesystem::path& path) : path_(path.string()) {
  ThrowIfError(WriteFileAtomically(path_, ""));
  descriptor_ = OpenForAppending(path_);
}

MetricsLog::MetricsLog(const std::filesystem::path& path, int64_t step) : path_(path.string()) {
  ThrowIfError(WriteFileAtomically(path_, LinesBefore(path, step)));
  descriptor_ = OpenForAppending(path_);
}

MetricsLog::~MetricsLog() {
  if (descriptor_ >= 0) close(descriptor_);
}

void MetricsLog::WriteLine(const std::string& line) {
  if (descriptor_ < 0) return;
  const off_t size_before = lseek(descriptor_, 0, SEEK_END);
  std::string_view rest = line;
  while (!rest.empty()) {
    const ssize_t written = write(descriptor_, rest.data(), rest.size());
    if (written < 0) {
      if (errno == EINTR) continue;
      const int error = errno;
      // A part of a line would spoil the next one. Where even this fails, the reader still finds out.
      if (size_before >= 0 && ftruncate(descriptor_, size_before) != 0) errno = error;
      throw Error(path_ + ": cannot write: " + std::strerror(error));
    }
    rest.remove_prefix(static_cast<size_t>(written));
  }
}

void MetricsLog::Write(const RunMetrics& metrics) {
  Json line = {{"type", "run"},
               {"version", metrics.version},
               {"threads", metrics.threads},
               {"products", metrics.products},
               {"target", metrics.target},
               {"parameters", metrics.parameters},
               {"train_tokens", metrics.train_tokens},
               {"steps", metrics.steps},
               {"batch_rows", metrics.batch_rows},
               {"unit", metrics.unit},
               {"ranks", metrics.ranks}};
  if (!metrics.init.empty()) line["init"] = metrics.init;
  WriteLine(Line(line));
}

void MetricsLog::Write(const StepMetrics& metrics) {
  WriteLine(Line({{"type", "step"},
                  {"step", metrics.step},
                  {"loss", metrics.loss},
                  {"learning_rate", metrics.learning_rate},
                  {"gradient_norm", metrics.gradient_norm},
                  {"ternary", metrics.ternary},
                  {"strength", metrics.strength},
                  {"rows_per_s", metrics.rows_per_s},
                  {"peak_rss_bytes", metrics.peak_rss_bytes}}));
}

void MetricsLog::Write(const TransitionMetrics& metrics) {
  WriteLine(Line({{"type", "transition"},
                  {"step", metrics.step},
                  {"optimiser", metrics.optimiser_reset ? "reset" : "kept"},
                  {"strength", metrics.strength_phased ? "phased" : "stepped"}}));
}

void MetricsLog::Write(const ValidationMetrics& metrics) {
  WriteLine(Line({{"type", "validation"},
                  {"step", metrics.step},
                  {"loss", metrics.loss},
                  {"accuracy", metrics.accuracy ? Json(*metrics.accuracy) : Json()},
                  {"items", metrics.items},
                  {"exported", metrics.exported}}));
}

void MetricsLog::Write(const CodesMetrics& metrics) {
  Json layers = Json::array();
  for (const LayerCodes& layer : metrics.layers) {
    layers.push_back({{"name", layer.name},
                      {"minus", layer.minus},
                      {"zero", layer.zero},
                      {"plus", layer.plus},
                      {"changed", layer.changed}});
  }
  WriteLine(Line({{"type", "codes"}, {"step", metrics.step}, {"layers", std::move(layers)}}));
}

void MetricsLog::Write(const RollbackMetrics& metrics) {
  WriteLine(Line({{"type", "rollback"}, {"step", metrics.step}, {"from", metrics.from}, {"reason", metrics.reason}}));
}

void MetricsLog::Write(const EndMetrics& metrics) {
  WriteLine(Line({{"type", "end"}, {"step", metrics.step}, {"train_seconds", metrics.train_seconds}}));
}

}  // namespace tritwise

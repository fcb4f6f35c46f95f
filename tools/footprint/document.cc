#include "tools/footprint/document.h"

#include <cmath>
#include <ctime>

#include "format/names.h"
#include "kernels/kernels.h"
#include "tools/machine/machine.h"
#include "trainer/error_status.h"

namespace tritwise {

extern const char* const kCommit;  // "" where the sources are no repository

namespace {

std::string Now() {
  const std::time_t now = std::time(nullptr);
  char text[32];
  std::strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", std::gmtime(&now));
  return text;
}

template <class T>
Json OrNull(const std::optional<T>& value) {
  return value ? Json(*value) : Json(nullptr);
}

Json PlannedJson(const Planned& p) {
  Json json = {{"file_bytes", p.file},
               {"description_bytes", p.description},
               {"ternary_bytes", p.memory.ternary},
               {"plain_bytes", p.memory.plain},
               {"embedding_head_bytes", p.memory.embedding_head},
               {"scales_bytes", p.memory.scales},
               {"other_bytes", p.memory.other},
               {"weights_bytes", p.memory.weights()},
               {"arena_bytes", p.memory.arena},
               {"program_bytes", p.program},
               {"contexts", Json::array()}};
  for (const PlannedContext& c : p.contexts) {
    json["contexts"].push_back(
        {{"context", c.context}, {"cache_bytes", c.cache}, {"bytes_per_token", c.token_bytes}, {"peak_bytes", c.peak}});
  }
  return json;
}

Json SpeedsJson(const std::vector<MeasuredSpeed>& speeds) {
  Json array = Json::array();
  for (const MeasuredSpeed& s : speeds) array.push_back({{"threads", s.threads}, {"tokens_per_s", s.tokens_per_s}});
  return array;
}

Json MeasuredJson(const Measured& m, const Planned& planned) {
  Json json = {{"file_bytes", m.file}, {"contexts", Json::array()}, {"page_tables_bytes", m.page_tables}};
  for (size_t i = 0; i < m.peaks.size(); ++i) {
    json["contexts"].push_back({{"context", planned.contexts[i].context},
                                {"peak_bytes", m.peaks[i]},
                                {"difference", Difference(m.peaks[i], planned.contexts[i].peak)}});
  }
  json["joules_per_token"] = OrNull(m.joules_per_token);
  json["why_no_energy"] = m.joules_per_token ? Json() : Json(m.why_no_energy);
  json["load_seconds"] = OrNull(m.load);
  json["first_token_cold_seconds"] = OrNull(m.first_token_cold);
  json["first_token_warm_seconds"] = OrNull(m.first_token_warm);
  json["prefill"] = SpeedsJson(m.prefill);
  json["decode"] = SpeedsJson(m.decode);
  json["loss"] = OrNull(m.loss);
  json["perplexity"] = m.loss ? Json(std::exp(*m.loss)) : Json();
  json["tokens"] = m.tokens;
  return json;
}

}  // namespace

Json ToJson(const Footprint& f) {
  Json json = {{"format", "tritwise-footprint"},
               {"version", kFootprintVersion},
               {"producer", "tritwise " TRITWISE_VERSION},
               {"commit", kCommit},
               {"created", Now()},
               {"command", f.command}};
  json["machine"] = {{"cpu", CpuModel()},
                     {"target", ValueOrThrow(kernels::ResolveKernels("")).target},
                     {"memory_bytes", MemoryBytes()},
                     {"threads", f.threads}};
  json["model"] = {{"name", f.name},
                   {"note", f.note},
                   {"digest", f.digest},
                   {"parameters", f.parameters},
                   {"ternary_weights", f.ternary_weights},
                   {"reads_text", f.reads_text}};
  json["prompt"] = f.prompt;
  json["text"] = f.text;
  json["quick"] = f.quick;
  json["boards"] = Json::array();
  for (const Board& b : f.boards) {
    json["boards"].push_back({{"name", b.name}, {"gb_per_s", b.gb_per_s}, {"model_bytes", ModelBytes(b)}});
  }
  json["variants"] = Json::array();
  for (const VariantFootprint& v : f.variants) {
    json["variants"].push_back({{"name", NameOf(v.variant)},
                                {"linears", NameOf(v.variant.linears)},
                                {"head", NameOf(v.variant.head)},
                                {"cache", NameOf(v.variant.cache)},
                                {"planned", PlannedJson(v.planned)},
                                {"measured", v.measured ? MeasuredJson(*v.measured, v.planned) : Json()}});
  }
  return json;
}

}  // namespace tritwise

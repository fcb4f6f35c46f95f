// bench: speed and memory of a model, and how fast the machine reads its memory. One line a thread count instead of the
// full command's sections.
#include <algorithm>
#include <cstdio>
#include <functional>

#include "runtime/thread_pool.h"
#include "tools/machine/machine.h"
#include "tools/minimal/commands.h"
#include "tools/minimal/json.h"
#include "tools/minimal/model_flags.h"
#include "tools/minimal/model_speed.h"
#include "tools/minimal/read_speed.h"
#include "tools/table.h"

namespace tritwise::minimal {
namespace {

constexpr double kGiga = 1e-9;

// Descending, each once, 0 as what the process may use.
std::vector<int64_t> ResolveThreads(std::vector<int64_t> threads) {
  const auto all = static_cast<int64_t>(std::min<size_t>(runtime::AvailableProcessors(), 256));
  if (threads.empty()) threads = {1, all};
  std::replace(threads.begin(), threads.end(), int64_t{0}, all);
  std::sort(threads.begin(), threads.end(), std::greater<>());
  threads.erase(std::unique(threads.begin(), threads.end()), threads.end());
  return threads;
}

void PrintTables(const ModelSpeed& speed, const Rate& reading) {
  const int64_t most = speed.by_threads[0].threads;
  std::printf("%s, %s, %lld threads\n\n", CpuModel().c_str(), speed.target.c_str(), static_cast<long long>(most));
  Table rates = {{"", "threads", "context", "tokens", "tokens/s", "slowest", "fastest"}};
  const auto row = [&](const char* what, int64_t threads, const std::string& context, const Rate& rate) {
    const int digits = rate.median < 100.0 ? 2 : 0;
    rates.push_back({what, std::to_string(threads), context, FormatNumber(rate.amount, 0),
                     FormatNumber(rate.median, digits), FormatNumber(rate.slowest, digits),
                     FormatNumber(rate.fastest, digits)});
  };
  for (const Speed& s : speed.by_threads) row("prefill", s.threads, "", s.prefill);
  for (const Speed& s : speed.by_threads) row("decode", s.threads, std::to_string(speed.context), s.decode);
  PrintTable(rates);
  std::printf("\nreading memory with %lld threads: %s GB/s\n\n", static_cast<long long>(most),
              FormatNumber(reading.median * kGiga, 2).c_str());
  Table memory = {{"memory", "bytes", ""}};
  for (const auto& [part, bytes] : speed.memory) memory.push_back({part, std::to_string(bytes), FormatBytes(bytes)});
  PrintTable(memory);
}

void PutRate(Json& json, const Rate& rate) {
  json.Number("tokens_per_s", rate.median);
  json.Number("fastest", rate.fastest);
  json.Number("slowest", rate.slowest);
  json.Integer("repetitions", rate.repetitions);
  json.Integer("tokens", static_cast<uint64_t>(rate.amount));
}

// The keys that the full command has for the same.
void PrintJson(const ModelSpeed& speed, const Rate& reading) {
  Json json;
  json.Open("machine", '{');
  json.Text("cpu", CpuModel());
  json.Text("target", speed.target);
  json.Integer("threads", static_cast<uint64_t>(speed.by_threads[0].threads));
  json.Number("read_gb_per_s", reading.median * kGiga);
  json.Close();
  for (const auto& [name, rate] : {std::pair{"prefill", &Speed::prefill}, std::pair{"decode", &Speed::decode}}) {
    json.Open(name, '{');
    PutRate(json, speed.by_threads[0].*rate);
    json.Open("by", '[');
    for (const Speed& s : speed.by_threads) {
      json.Open("", '{');
      json.Integer("threads", static_cast<uint64_t>(s.threads));
      PutRate(json, s.*rate);
      json.Close();
    }
    json.Close();
    json.Close();
  }
  json.Open("memory", '{');
  for (const auto& [part, bytes] : speed.memory) json.Integer(part + "_bytes", bytes);
  json.Print();
}

}  // namespace

Ending Bench(const Command& command, Words words) {
  ModelFlags model_flags;
  SpeedOptions options;
  bool json = false;
  const Flag flags[] = {
      model_flags.Path(),
      {"--threads", {}, Integers{&options.threads, 0, 256}, "Thread counts, as 1,2,4 (default: 1 and all; 0: all)"},
      {"--prompt", {}, Integer{&options.prompt, 1, 1 << 24}, "Tokens of a prefill"},
      {"--tokens", {}, Integer{&options.decoded, 0, 1 << 24}, "Tokens decoded at a time (0: half a second's)"},
      model_flags.Cache(),
      model_flags.NoVerify(),
      {"--json", {}, Switch{&json}, "One JSON object"},
  };
  Ending ending;
  if (!Begin(command, words, flags, &ending)) return ending;
  options.threads = ResolveThreads(options.threads);
  options.plan = model_flags.Options();

  TRITWISE_ASSIGN_OR_RETURN(const auto model, model_flags.Load());
  TRITWISE_ASSIGN_OR_RETURN(const ModelSpeed speed, MeasureModel(model, options));
  TRITWISE_ASSIGN_OR_RETURN(const Rate reading, MeasureReading(static_cast<size_t>(options.threads[0])));
  if (json) {
    PrintJson(speed, reading);
  } else {
    PrintTables(speed, reading);
  }
  return {};
}

}  // namespace tritwise::minimal

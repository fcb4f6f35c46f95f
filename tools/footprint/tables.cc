#include "tools/footprint/tables.h"

#include <cmath>
#include <cstdio>

namespace tritwise {
namespace {

std::string Mebibytes(uint64_t bytes) {
  const double value = static_cast<double>(bytes) / 1048576.0;
  return FormatNumber(value, value < 100.0 ? 2 : 0);
}

// How many times smaller than the reference.
std::string Times(uint64_t reference, uint64_t bytes) {
  return FormatNumber(static_cast<double>(reference) / static_cast<double>(bytes), 2);
}

// Of models of any size.
std::string Speed(double per_s) { return FormatNumber(per_s, per_s < 100.0 ? 1 : 0); }

std::string InMilliseconds(const std::optional<double>& seconds) {
  return seconds ? FormatNumber(1e3 * *seconds, 1) : "";
}

Table Parts(const Footprint& f) {
  const int64_t context = f.variants[0].planned.contexts[0].context;
  const std::string full = context == 0 ? "" : ", context " + std::to_string(context);
  Table table = {
      {"MiB planned" + full, "file", "linears", "head", "rest", "cache", "arena", "program", "peak", "smaller"}};
  const PlannedContext& reference = f.variants[0].planned.contexts[0];
  for (const VariantFootprint& v : f.variants) {
    const Planned& p = v.planned;
    const uint64_t linears = p.memory.ternary + p.memory.plain;
    table.push_back({NameOf(v.variant), Mebibytes(p.file), Mebibytes(linears), Mebibytes(p.memory.embedding_head),
                     Mebibytes(p.file - linears - p.memory.embedding_head), Mebibytes(p.contexts[0].cache),
                     Mebibytes(p.memory.arena), Mebibytes(p.program), Mebibytes(p.contexts[0].peak),
                     Times(reference.peak, p.contexts[0].peak)});
  }
  return table;
}

Table Contexts(const Footprint& f) {
  const std::vector<PlannedContext>& all = f.variants[0].planned.contexts;
  const size_t shown = std::min<size_t>(all.size(), 4);
  Table table = {{"peak by context, MiB, times smaller"}};
  for (size_t i = 0; i < shown; ++i) {
    table[0].push_back(std::to_string(all[i].context));
    table[0].emplace_back("");
  }
  for (const VariantFootprint& v : f.variants) {
    table.push_back({NameOf(v.variant)});
    for (size_t i = 0; i < shown; ++i) {
      table.back().push_back(Mebibytes(v.planned.contexts[i].peak));
      table.back().push_back(Times(all[i].peak, v.planned.contexts[i].peak));
    }
  }
  return table;
}

Table OfBoard(const Footprint& f, const Board& board) {
  const std::string budget = board.for_a_model.empty() ? "" : ", " + FormatBytes(ModelBytes(board)) + " for a model";
  Table table = {{std::string(board.name) + ": " + FormatNumber(board.gb_per_s, 1) + " GB/s at most" + budget,
                  "MB read a token", "tokens/s at most", "fits"}};
  for (const VariantFootprint& v : f.variants) {
    const PlannedContext& c = v.planned.contexts[0];
    table.push_back({NameOf(v.variant), FormatNumber(static_cast<double>(c.token_bytes) * 1e-6, 1),
                     Speed(MostTokens(c, board.gb_per_s * 1e9)),
                     board.for_a_model.empty()     ? ""
                     : c.peak <= ModelBytes(board) ? "yes"
                                                   : "no"});
  }
  return table;
}

Table MeasuredMemory(const Footprint& f) {
  Table table = {{"measured peak of the process", "context", "MiB", "smaller", "beyond the plan"}};
  for (const VariantFootprint& v : f.variants) {
    for (size_t i = 0; i < v.measured->peaks.size(); ++i) {
      const PlannedContext& c = v.planned.contexts[i];
      const uint64_t peak = v.measured->peaks[i];
      table.push_back({NameOf(v.variant), std::to_string(c.context), Mebibytes(peak),
                       Times(f.variants[0].measured->peaks[i], peak),
                       FormatNumber(100.0 * Difference(peak, c.peak), 2) + "%"});
    }
  }
  return table;
}

Table MeasuredSpeeds(const Footprint& f) {
  Table table = {
      {"measured speed", "threads", "prefill/s", "decode/s", "times", "load ms", "first cold", "first warm"}};
  const Measured& reference = *f.variants[0].measured;
  for (const VariantFootprint& v : f.variants) {
    const Measured& m = *v.measured;
    for (size_t i = 0; i < m.decode.size(); ++i) {
      table.push_back({i == 0 ? NameOf(v.variant) : "", std::to_string(m.decode[i].threads),
                       Speed(m.prefill[i].tokens_per_s), Speed(m.decode[i].tokens_per_s),
                       FormatNumber(m.decode[i].tokens_per_s / reference.decode[i].tokens_per_s, 2),
                       i == 0 ? InMilliseconds(m.load) : "", i == 0 ? InMilliseconds(m.first_token_cold) : "",
                       i == 0 ? InMilliseconds(m.first_token_warm) : ""});
    }
  }
  return table;
}

Table Quality(const Footprint& f) {
  Table table = {{"on " + std::to_string(f.variants[0].measured->tokens) + " held-out tokens", "loss, nats",
                  "perplexity", "loss beyond the first"}};
  const double reference = *f.variants[0].measured->loss;
  for (const VariantFootprint& v : f.variants) {
    const double loss = *v.measured->loss;
    table.push_back(
        {NameOf(v.variant), FormatNumber(loss, 4), FormatNumber(std::exp(loss), 3), FormatNumber(loss - reference, 4)});
  }
  return table;
}

}  // namespace

std::vector<Table> FootprintTables(const Footprint& f) {
  std::vector<Table> tables = {Parts(f)};
  if (f.variants[0].planned.contexts.size() > 1) tables.push_back(Contexts(f));
  for (const Board& board : f.boards) tables.push_back(OfBoard(f, board));
  if (!f.variants[0].measured) return tables;
  tables.push_back(MeasuredMemory(f));
  if (!f.variants[0].measured->decode.empty()) tables.push_back(MeasuredSpeeds(f));
  if (f.variants[0].measured->loss) tables.push_back(Quality(f));
  return tables;
}

void PrintFootprint(const Footprint& f) {
  std::printf("%s: %llu weights, %llu of them ternary. %s\n\n", f.name.c_str(),
              static_cast<unsigned long long>(f.parameters), static_cast<unsigned long long>(f.ternary_weights),
              f.note.c_str());
  for (const Table& table : FootprintTables(f)) {
    PrintTable(table);
    std::puts("");
  }
}

}  // namespace tritwise

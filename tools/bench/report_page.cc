// tritwise bench SOURCE --report PAGE.html: every variant of one network measured, as tables and as a page.
#include <algorithm>
#include <cstdio>

#include "tools/bench/bench.h"
#include "tools/commands.h"
#include "tools/footprint/document.h"
#include "tools/footprint/source.h"
#include "tools/footprint/tables.h"

namespace tritwise {

void BenchReport(const BenchReportFlags& flags, const BenchModelFlags& model) {
  JsonPath(flags.page);  // refused before anything is done
  FootprintRequest request;
  request.variants = ParseVariants(flags.variants);
  const FootprintSource source = ReadSource(flags.source);
  const bool reads_text = !source.description.vocabulary.empty();
  if (!flags.text.empty() && !reads_text) throw Error(flags.source + ": --text needs a model with a vocabulary");
  request.contexts = flags.contexts;
  request.threads = model.threads;
  request.page = flags.page;
  MeasureRequest measure;
  measure.contexts = flags.contexts;
  measure.threads = model.threads;
  measure.prompt = model.prompt;
  measure.text = !flags.text.empty() ? flags.text : reads_text ? source.held_out : "";
  measure.speed = flags.speed;
  measure.quick = model.quick;
  request.measure = measure;
  const Footprint footprint = MakeFootprint(source, request);
  WriteFootprintReport(footprint, flags.page);
  if (model.json) return PrintJson(ToJson(footprint));
  PrintFootprint(footprint);
  std::printf("%s\n", flags.page.c_str());
}

}  // namespace tritwise

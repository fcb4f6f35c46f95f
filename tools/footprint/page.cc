// The report of a footprint: a page that draws its own JSON, and that JSON.
#include <filesystem>

#include "format/atomic_file.h"
#include "tools/footprint/document.h"
#include "tools/report/page.h"
#include "tools/report/script_json.h"
#include "trainer/error_status.h"

namespace tritwise {

extern const std::string_view kFootprintTemplate;  // page.html
extern const std::string_view kFootprintCss;       // page.css
extern const std::string_view kFootprintJs;        // page.js

std::string JsonPath(const std::string& page) {
  std::filesystem::path path = page;
  if (path.extension() != ".html") throw Error("--report " + page + ": must end in .html (its figures go to .json)");
  return path.replace_extension(".json").string();
}

void WriteFootprintReport(const Footprint& footprint, const std::string& page) {
  const std::string json_path = JsonPath(page);
  const Json json = ToJson(footprint);
  const Placeholder placeholders[] = {{"TITLE", EscapeHtml(footprint.name)},
                                      {"COMMAND", EscapeHtml(footprint.command)},
                                      {"DATA", ScriptText(json)},
                                      {"FOOTPRINT_CSS", std::string(kFootprintCss)},
                                      {"FOOTPRINT_JS", std::string(kFootprintJs)}};
  const std::string text = json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
  ThrowIfError(WriteFileAtomically(json_path, text));
  ThrowIfError(WriteFileAtomically(page, FillPage(kFootprintTemplate, placeholders)));
}

}  // namespace tritwise

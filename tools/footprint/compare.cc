// tritwise bench --compare: two reports of one network, variant by variant.
#include <algorithm>
#include <fstream>

#include "tools/footprint/document.h"
#include "trainer/error.h"

namespace tritwise {
namespace {

// A figure, by the path of its keys; null where there is none.
Json Figure(const Json& json, const char* pointer) {
  const Json::json_pointer at(pointer);
  return json.contains(at) ? json.at(at) : Json();
}

bool IsWhole(const Json& json) {
  const Json variants = Figure(json, "/variants");
  return Figure(json, "/model/digest").is_string() && Figure(json, "/model/name").is_string() &&
         Figure(json, "/machine/cpu").is_string() && variants.is_array() &&
         std::all_of(variants.begin(), variants.end(), [](const Json& v) { return Figure(v, "/name").is_string(); });
}

Json ReadReport(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw Error(path + ": cannot open");
  const Json json = Json::parse(file, nullptr, false);
  if (Figure(json, "/format") != "tritwise-footprint") {
    throw Error(path + ": is not the JSON of a footprint (tritwise bench --report, tritwise footprint --json)");
  }
  const Json version = Figure(json, "/version");
  if (version != kFootprintVersion) {
    throw Error(path + ": has version " + version.dump() + ", this program compares version " +
                std::to_string(kFootprintVersion));
  }
  if (!IsWhole(json)) throw Error(path + ": lacks the network, the machine or the variants");
  return json;
}

struct Quantity {
  const char* name;
  const char* pointer;
};

constexpr Quantity kQuantities[] = {
    {"file", "/planned/file_bytes"},
    {"planned peak", "/planned/contexts/0/peak_bytes"},
    {"measured peak", "/measured/contexts/0/peak_bytes"},
    {"prefill tokens/s", "/measured/prefill/0/tokens_per_s"},
    {"decode tokens/s", "/measured/decode/0/tokens_per_s"},
    {"load, s", "/measured/load_seconds"},
    {"first token, s", "/measured/first_token_warm_seconds"},
    {"J a token", "/measured/joules_per_token"},
    {"perplexity", "/measured/perplexity"},
};

std::string Number(double value) { return FormatNumber(value, value >= 1000.0 ? 0 : value >= 1.0 ? 3 : 6); }

// Null where either has no context, as a network of features.
Json FirstContext(const Json& variant) { return Figure(variant, "/planned/contexts/0/context"); }

Json CompareVariant(const Json& a, const Json& b) {
  Json changes = Json::object();
  for (const Quantity& quantity : kQuantities) {
    const Json before = Figure(a, quantity.pointer);
    const Json after = Figure(b, quantity.pointer);
    if (!before.is_number() || !after.is_number() || before.get<double>() == 0.0) continue;
    changes[quantity.name] = {
        {"before", before}, {"after", after}, {"ratio", after.get<double>() / before.get<double>()}};
  }
  return changes;
}

}  // namespace

void CompareFootprints(const std::string& before, const std::string& after, bool json) {
  const Json a = ReadReport(before);
  const Json b = ReadReport(after);
  if (a.at("model").at("digest") != b.at("model").at("digest")) {
    throw Error(before + " and " + after + " are not of the same network (" +
                a.at("model").at("name").get<std::string>() + ", " + b.at("model").at("name").get<std::string>() + ")");
  }
  Json object = {{"same_machine", a.at("machine") == b.at("machine")}, {"variants", Json::array()}};
  Table table = {{"variant", "", "before", "after", "ratio"}};
  for (const Json& variant : a.at("variants")) {
    for (const Json& other : b.at("variants")) {
      if (variant.at("name") != other.at("name") || FirstContext(variant) != FirstContext(other)) continue;
      const std::string name = variant.at("name").get<std::string>();
      object["variants"].push_back({{"name", name}, {"changes", CompareVariant(variant, other)}});
      bool first = true;
      for (const auto& [what, change] : object["variants"].back()["changes"].items()) {
        table.push_back({first ? name : "", what, Number(change["before"].get<double>()),
                         Number(change["after"].get<double>()), FormatNumber(change["ratio"].get<double>(), 3)});
        first = false;
      }
    }
  }
  if (object["variants"].empty()) throw Error(before + " and " + after + " have no variant and context in common");
  if (json) return PrintJson(object);
  if (!object["same_machine"].get<bool>()) {
    std::printf("measured on different machines or numbers of threads: %s and %s\n\n",
                a["machine"]["cpu"].get<std::string>().c_str(), b["machine"]["cpu"].get<std::string>().c_str());
  }
  PrintTable(table);
}

}  // namespace tritwise

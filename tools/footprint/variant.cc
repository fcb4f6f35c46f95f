#include "tools/footprint/variant.h"

#include <algorithm>
#include <initializer_list>

#include "format/names.h"
#include "format/ternary_layout.h"
#include "trainer/error.h"

namespace tritwise {
namespace {

constexpr const char* kDefaults[] = {"int8", "t2", "t2/int4", "t5", "t5/int6", "t5/int4", "t5/int4/int8", "t5/t5/int8"};

Storage Part(const std::string& text, const std::string& name, const char* what,
             std::initializer_list<Storage> allowed) {
  const auto storage = FromName<Storage>(name);
  if (storage && std::find(allowed.begin(), allowed.end(), *storage) != allowed.end()) return *storage;
  std::string all;
  for (const Storage s : allowed) all += (all.empty() ? "" : ", ") + std::string(NameOf(s));
  throw Error("variant \"" + text + "\": " + what + " \"" + name + "\" is none of " + all);
}

Variant Parse(const std::string& text) {
  std::vector<std::string> parts;
  size_t begin = 0;
  for (size_t slash; (slash = text.find('/', begin)) != std::string::npos; begin = slash + 1) {
    parts.push_back(text.substr(begin, slash - begin));
  }
  parts.push_back(text.substr(begin));
  if (parts.size() > 3) throw Error("variant \"" + text + "\": is not LINEARS/HEAD/CACHE");
  Variant variant;
  variant.linears =
      Part(text, parts[0], "linears", {Storage::kF16, Storage::kI8, Storage::kT2, Storage::kT5, Storage::kLut});
  variant.head = IsTernary(variant.linears) ? Storage::kI8 : variant.linears;
  if (parts.size() > 1) {
    variant.head =
        Part(text, parts[1], "head",
             {Storage::kF32, Storage::kF16, Storage::kI8, Storage::kI6, Storage::kI4, Storage::kT2, Storage::kT5});
  }
  if (parts.size() > 2) variant.cache = Part(text, parts[2], "cache", {Storage::kF32, Storage::kF16, Storage::kI8});
  return variant;
}

}  // namespace

std::string NameOf(const Variant& variant) {
  return std::string(NameOf(variant.linears)) + "/" + std::string(NameOf(variant.head)) + "/" +
         std::string(NameOf(variant.cache));
}

std::vector<Variant> ParseVariants(const std::vector<std::string>& texts) {
  std::vector<Variant> variants = {kReference};
  const auto add = [&](const std::string& text) {
    const Variant variant = Parse(text);
    if (std::find(variants.begin(), variants.end(), variant) == variants.end()) variants.push_back(variant);
  };
  for (const std::string& text : texts) add(text);
  if (texts.empty()) {
    for (const char* text : kDefaults) add(text);
  }
  return variants;
}

}  // namespace tritwise

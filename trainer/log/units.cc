#include "trainer/log/units.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>

namespace tritwise {
namespace {

// std::to_chars, unlike printf, does not follow the locale.
std::string ToChars(double value, std::chars_format format, int digits) {
  if (!std::isfinite(value)) return "?";
  char text[400];  // the largest double has 309 digits
  const auto result = std::to_chars(text, text + sizeof(text), value, format, std::clamp(digits, 0, 30));
  return std::string(text, result.ptr);
}

// Three digits of a value in [0, 1000).
std::string ThreeDigits(double value) { return FixedText(value, value < 9.995 ? 2 : value < 99.95 ? 1 : 0); }

std::string TwoParts(int64_t large, const char* large_unit, int64_t small, const char* small_unit) {
  char text[64];
  std::snprintf(text, sizeof(text), "%lld %s %02lld %s", static_cast<long long>(large), large_unit,
                static_cast<long long>(small), small_unit);
  return text;
}

}  // namespace

std::string FixedText(double value, int digits) { return ToChars(value, std::chars_format::fixed, digits); }

std::string ScientificText(double value) { return ToChars(value, std::chars_format::scientific, 2); }

std::string DurationText(double seconds) {
  if (!std::isfinite(seconds)) return "?";
  const auto whole = static_cast<int64_t>(std::clamp(std::round(seconds), 0.0, 1e12));
  if (whole < 60) return std::to_string(whole) + " s";
  if (whole < 3600) return TwoParts(whole / 60, "min", whole % 60, "s");
  if (whole < 86400) return TwoParts(whole / 3600, "h", whole / 60 % 60, "min");
  return TwoParts(whole / 86400, "d", whole / 3600 % 24, "h");
}

std::string CountText(int64_t count) {
  std::string text = std::to_string(count);
  const size_t first = count < 0 ? 1 : 0;
  for (size_t i = text.size(); i > first + 3; i -= 3) text.insert(i - 3, 1, ',');
  return text;
}

std::string ShortCountText(double count) {
  if (!std::isfinite(count)) return "?";
  if (std::fabs(count) < 999.5) return FixedText(count, 0);
  constexpr const char* kFactors[] = {"", " k", " M", " G", " T"};
  size_t factor = 0;
  while (std::fabs(count) >= 999.5 && factor + 1 < std::size(kFactors)) {
    count /= 1000.0;
    ++factor;
  }
  return ThreeDigits(count) + kFactors[factor];
}

std::string MemoryText(double bytes) {
  if (!std::isfinite(bytes)) return "?";
  constexpr const char* kUnits[] = {" B", " KiB", " MiB", " GiB", " TiB"};
  size_t unit = 0;
  while (std::fabs(bytes) >= 1023.95 && unit + 1 < std::size(kUnits)) {
    bytes /= 1024.0;
    ++unit;
  }
  return FixedText(bytes, unit == 0 || std::fabs(bytes) >= 99.95 ? 0 : 1) + kUnits[unit];
}

}  // namespace tritwise

// Numbers as people read them, with their units: for the progress line and the report.
//
// Always a point for decimals and a comma for thousands, whatever the locale. Not finite: "?".
#pragma once

#include <cstdint>
#include <string>

namespace tritwise {

// "0 s", "59 s", "3 min 05 s", "2 h 07 min", "3 d 04 h". Negative counts as 0.
std::string DurationText(double seconds);
// "12,345,678"
std::string CountText(int64_t count);
// Three digits and a factor: "950", "12.3 k", "4.56 M".
std::string ShortCountText(double count);
// "3.4 MiB", "330 MiB", in powers of 1024.
std::string MemoryText(double bytes);
// "3.214": `digits` behind the point.
std::string FixedText(double value, int digits);
// Three digits in scientific notation: "3.00e-04".
std::string ScientificText(double value);

}  // namespace tritwise

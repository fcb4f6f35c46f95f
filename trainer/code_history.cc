#include "trainer/code_history.h"

#include <algorithm>
#include <limits>

namespace tritwise {

double CodeHistory::Exchange(size_t begin, std::span<const int8_t> codes) {
  packed_.resize(std::max(packed_.size(), (begin + codes.size() + 3) / 4), 0xFF);
  size_t known = 0;
  size_t changed = 0;
  for (size_t i = 0; i < codes.size(); ++i) {
    uint8_t& byte = packed_[(begin + i) / 4];
    const unsigned shift = 2 * static_cast<unsigned>((begin + i) % 4);
    const unsigned before = (byte >> shift) & 3u;
    const auto now = static_cast<unsigned>(codes[i] + 1);
    known += before != 3u ? 1 : 0;
    changed += before != 3u && before != now ? 1 : 0;
    byte = static_cast<uint8_t>((byte & ~(3u << shift)) | (now << shift));
  }
  if (known == 0) return std::numeric_limits<double>::quiet_NaN();
  return static_cast<double>(changed) / static_cast<double>(known);
}

}  // namespace tritwise

// Normalisation form C of Unicode (UAX #15): canonical decomposition, order of combining marks, composition.
//
// Exact for every text; bytes that are not UTF-8 stay as they are and combine with nothing. O(n log n) in the
// longest run of combining marks, linear otherwise. No other normalisation forms.
#pragma once

#include <string>
#include <string_view>

namespace tritwise {

// `text` in NFC: `text` itself where a quick check finds nothing that could change, else a view of `storage`.
std::string_view ToNfc(std::string_view text, std::string* storage);

}  // namespace tritwise

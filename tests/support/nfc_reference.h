// NFC of a text through utf8proc: what our own must equal. Bytes that are not UTF-8 stay and combine with nothing.
#pragma once

#include <utf8proc.h>

#include <cstdlib>
#include <stdexcept>
#include <string>
#include <string_view>

#include "format/utf8.h"

namespace tritwise::test {

inline std::string ReferenceNfcOfUtf8(std::string_view text) {
  if (text.empty()) return "";
  utf8proc_uint8_t* result = nullptr;
  const utf8proc_ssize_t size =
      utf8proc_map(reinterpret_cast<const utf8proc_uint8_t*>(text.data()), static_cast<utf8proc_ssize_t>(text.size()),
                   &result, static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_COMPOSE));
  if (size < 0) throw std::runtime_error(utf8proc_errmsg(size));
  std::string nfc(reinterpret_cast<const char*>(result), static_cast<size_t>(size));
  std::free(result);
  return nfc;
}

inline std::string ReferenceNfc(std::string_view text) {
  std::string nfc;
  for (size_t bad = FindInvalidUtf8(text); bad != text.npos; bad = FindInvalidUtf8(text)) {
    nfc += ReferenceNfcOfUtf8(text.substr(0, bad)) + text[bad];
    text.remove_prefix(bad + 1);
  }
  return nfc + ReferenceNfcOfUtf8(text);
}

}  // namespace tritwise::test

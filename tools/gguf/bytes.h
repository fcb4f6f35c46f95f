// Little-endian values at the end of a byte vector.
#pragma once

#include <cstddef>
#include <cstring>
#include <vector>

namespace tritwise {

template <class T>
void Put(T value, std::vector<std::byte>* bytes) {
  const size_t at = bytes->size();
  bytes->resize(at + sizeof(value));
  std::memcpy(bytes->data() + at, &value, sizeof(value));
}

}  // namespace tritwise

// A Status of format/ as an exception: the border between the two ways of reporting.
#pragma once

#include <utility>

#include "format/status.h"
#include "trainer/error.h"

namespace tritwise {

inline void ThrowIfError(const Status& status) {
  if (!status.ok()) throw Error(status.message());
}

template <class T>
T ValueOrThrow(Result<T> result) {
  ThrowIfError(result.status());
  return std::move(result).value();
}

}  // namespace tritwise

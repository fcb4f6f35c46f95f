// From the library's Status to the exceptions of the tools.
#pragma once

#include <utility>

#include "format/status.h"
#include "trainer/error.h"

namespace tritwise {

inline void Check(const Status& status) {
  if (!status.ok()) throw Error(status.message());
}

// The value of a result, or its error thrown.
template <class T>
T Value(Result<T> result) {
  Check(result.status());
  return std::move(result).value();
}

}  // namespace tritwise

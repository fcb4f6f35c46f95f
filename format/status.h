// Status and Result<T>: how format/, kernels/ and runtime/ report that something failed.
//
// Both halves are built without exceptions in these folders, so a failure is a value: a code and one
// line of text that says what is wrong, where, and what would be right. The text lives inside the
// object (no allocation), so an error can be made when memory is short. Not a general error library:
// there are no payloads, chains or stack traces.
#pragma once

#include <cstdint>
#include <optional>
#include <utility>

namespace tritwise {

enum class StatusCode : uint8_t {
  kOk,
  kInvalidArgument,    // the caller asked for something that makes no sense
  kNotFound,           // a file, tensor or name is not there
  kCorrupt,            // the bytes of a file contradict themselves
  kUnsupported,        // well formed, but this build cannot do it
  kIo,                 // the operating system refused (the text ends with its reason)
  kResourceExhausted,  // memory, context or disk is used up
};

class [[nodiscard]] Status {
 public:
  Status() = default;

  // printf-style; text longer than kMaxMessage is cut.
  static Status Error(StatusCode code, const char* format, ...) __attribute__((format(printf, 2, 3)));

  bool ok() const { return code_ == StatusCode::kOk; }
  StatusCode code() const { return code_; }
  const char* message() const { return message_; }

  static constexpr int kMaxMessage = 383;

 private:
  StatusCode code_ = StatusCode::kOk;
  char message_[kMaxMessage + 1] = {};
};

// Either a value or the Status that says why there is none.
template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : value_(std::move(value)) {}  // NOLINT(google-explicit-constructor)
  Result(Status status) : status_(status) {}     // NOLINT(google-explicit-constructor)

  bool ok() const { return value_.has_value(); }
  const Status& status() const { return status_; }

  // Only when ok().
  T& value() & { return *value_; }
  const T& value() const& { return *value_; }
  T&& value() && { return std::move(*value_); }

 private:
  std::optional<T> value_;
  Status status_;
};

#define TRITWISE_CONCAT_INNER(a, b) a##b
#define TRITWISE_CONCAT(a, b) TRITWISE_CONCAT_INNER(a, b)

#define TRITWISE_RETURN_IF_ERROR(expression)           \
  do {                                                 \
    ::tritwise::Status tritwise_status = (expression); \
    if (!tritwise_status.ok()) return tritwise_status; \
  } while (false)

// TRITWISE_ASSIGN_OR_RETURN(auto x, MakeX()): declares x, or returns the error from here.
#define TRITWISE_ASSIGN_OR_RETURN(declaration, expression)                                                            \
  auto TRITWISE_CONCAT(tritwise_result_, __LINE__) = (expression);                                                    \
  if (!TRITWISE_CONCAT(tritwise_result_, __LINE__).ok()) return TRITWISE_CONCAT(tritwise_result_, __LINE__).status(); \
  declaration = std::move(TRITWISE_CONCAT(tritwise_result_, __LINE__)).value()

}  // namespace tritwise

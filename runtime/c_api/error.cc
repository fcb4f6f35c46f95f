// The C API's version and its errors, one for each thread.
#include <cstdio>

#include "runtime/c_api/handles.h"

namespace tritwise::c_api {
namespace {

thread_local char g_message[Status::kMaxMessage + 1] = "";
thread_local StatusCode g_code = StatusCode::kOk;

static_assert(TRITWISE_INVALID_ARGUMENT == static_cast<int>(StatusCode::kInvalidArgument));
static_assert(TRITWISE_NOT_FOUND == static_cast<int>(StatusCode::kNotFound));
static_assert(TRITWISE_CORRUPT == static_cast<int>(StatusCode::kCorrupt));
static_assert(TRITWISE_UNSUPPORTED == static_cast<int>(StatusCode::kUnsupported));
static_assert(TRITWISE_IO == static_cast<int>(StatusCode::kIo));
static_assert(TRITWISE_RESOURCE_EXHAUSTED == static_cast<int>(StatusCode::kResourceExhausted));

}  // namespace

int Fail(StatusCode code, const char* message) {
  std::snprintf(g_message, sizeof(g_message), "%s", message);
  g_code = code;
  return -static_cast<int>(code);
}

int Fail(const Status& status) { return Fail(status.code(), status.message()); }

}  // namespace tritwise::c_api

extern "C" {

const char* tritwise_version(void) { return TRITWISE_LIBRARY_VERSION; }

const char* tritwise_last_error(void) { return tritwise::c_api::g_message; }

int tritwise_last_status(void) { return static_cast<int>(tritwise::c_api::g_code); }

}  // extern "C"

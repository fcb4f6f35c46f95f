#include "tools/gateway/http_error.h"

#include <array>
#include <cmath>

namespace tritwise {
namespace {

constexpr char kInvalid[] = "invalid_request_error";
constexpr char kServer[] = "server_error";

struct Row {
  const char* server_code;
  int status;
  const char* type;
  const char* code;
};

constexpr std::array kRows = {
    Row{"bad_request", 400, kInvalid, "invalid_value"},
    Row{"too_large", 400, kInvalid, "context_length_exceeded"},
    Row{"unknown_model", 404, kInvalid, "model_not_found"},
    Row{"not_supported", 400, kInvalid, "not_supported"},
    Row{"busy", 429, "rate_limit_error", "rate_limit_exceeded"},
    Row{"forbidden", 403, kInvalid, "forbidden"},
    Row{"draining", 503, kServer, "draining"},
    Row{"unreachable", 503, kServer, "unreachable"},
    Row{"worker_lost", 503, kServer, "worker_lost"},
};

}  // namespace

Json HttpError::Body() const {
  Json error;
  error["message"] = what();
  error["type"] = type;
  error["param"] = param.empty() ? Json() : Json(param);
  error["code"] = code.empty() ? Json() : Json(code);
  return {{"error", error}};
}

HttpError BadParameter(const std::string& param, const std::string& message) {
  return HttpError(400, kInvalid, "invalid_value", message, param);
}

HttpError FromServerError(const Json& reply) {
  const std::string server_code = reply.value("code", "internal");
  const std::string message = reply.value("message", "the server failed");
  for (const Row& row : kRows) {
    if (server_code != row.server_code) continue;
    HttpError error(row.status, row.type, row.code, message);
    if (row.status == 429 || row.status == 503) {
      error.retry_after_s = static_cast<int>(std::ceil(reply.value("retry_after_ms", 1000.0) / 1000.0));
    }
    return error;
  }
  return HttpError(500, kServer, server_code, message);
}

}  // namespace tritwise

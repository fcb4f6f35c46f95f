#include "tools/gateway/responses.h"

namespace tritwise {
namespace {

constexpr char kJson[] = "application/json";

HttpError ForStatus(int status) {
  switch (status) {
    case 404:
      return HttpError(404, "invalid_request_error", "not_found", "there is nothing at this address");
    case 413:
      return HttpError(413, "invalid_request_error", "body_too_large", "the request's body is too large");
    case 414:
      return HttpError(414, "invalid_request_error", "uri_too_long", "the address is too long");
    default:
      break;
  }
  if (status >= 500) return HttpError(status, "server_error", "internal", "the gateway failed");
  return HttpError(status, "invalid_request_error", "invalid_request", "this is no request the gateway understands");
}

}  // namespace

void Put(const Json& body, httplib::Response* response, int status) {
  response->status = status;
  response->set_content(body.dump(-1, ' ', false, Json::error_handler_t::replace), kJson);
}

void Put(const HttpError& error, httplib::Response* response) {
  if (error.status == 401) response->set_header("WWW-Authenticate", "Bearer");
  if (error.retry_after_s > 0) response->set_header("Retry-After", std::to_string(error.retry_after_s));
  Put(error.Body(), response, error.status);
}

void PutStatus(httplib::Response* response) {
  if (response->body.empty()) Put(ForStatus(response->status), response);
}

}  // namespace tritwise

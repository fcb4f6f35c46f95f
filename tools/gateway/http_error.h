// A refusal as OpenAI's clients expect it: an HTTP status and an error object.
#pragma once

#include <stdexcept>
#include <string>

#include "tools/output.h"

namespace tritwise {

class HttpError : public std::runtime_error {
 public:
  HttpError(int status, std::string type, std::string code, const std::string& message, std::string param = "")
      : std::runtime_error(message),
        status(status),
        type(std::move(type)),
        code(std::move(code)),
        param(std::move(param)) {}

  // {"error": {"message", "type", "param", "code"}}
  Json Body() const;

  int status;
  std::string type;
  std::string code;
  std::string param;      // the parameter that is wrong
  int retry_after_s = 0;  // 0: not said
};

// A parameter that is wrong: 400.
HttpError BadParameter(const std::string& param, const std::string& message);
// What a reply of type `error` (docs/protocol.md) is in HTTP.
HttpError FromServerError(const Json& reply);

}  // namespace tritwise

// How answers are put into cpp-httplib's response.
#pragma once

#include <httplib.h>

#include "tools/gateway/http_error.h"

namespace tritwise {

void Put(const Json& body, httplib::Response* response, int status = 200);
void Put(const HttpError& error, httplib::Response* response);
// What has no body yet: a path that there is not, a body that is too large, a request that is none.
void PutStatus(httplib::Response* response);

}  // namespace tritwise

// One request for a text, from the body of an HTTP request to its answer, whole or as a stream of events.
#pragma once

#include <memory>

#include <httplib.h>

#include "tools/gateway/bridge.h"
#include "tools/gateway/translate.h"

namespace tritwise {

// Waits for the first word from the server, so that what it refuses has a status of its own; then answers, or leaves a
// provider in `response` that streams. Cancels where the HTTP client goes away. Throws HttpError.
void AnswerWithText(Bridge& bridge, Style style, int64_t max_tokens, const httplib::Request& request,
                    httplib::Response* response);

}  // namespace tritwise

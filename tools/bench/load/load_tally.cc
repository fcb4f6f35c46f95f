#include "tools/bench/load/load_tally.h"

namespace tritwise {

uint64_t LoadTally::errors() const {
  uint64_t sum = 0;
  for (const auto& [code, count] : errors_by_code) sum += count;
  return sum;
}

Json LoadTally::AsJson() const {
  Json json = {{"errors", errors()},
               {"errors_by_code", Json::object()},
               {"mismatches", mismatches},
               {"compared", texts.compared()},
               {"requests", begun},
               {"ok", ok},
               {"cancelled", cancelled},
               {"unfinished", unfinished},
               {"finish_reasons", Json::object()},
               {"busy", busy},
               {"late", late},
               {"cancelled_too_late", too_late},
               {"tokens", tokens},
               {"prompt_tokens", prompt_tokens},
               {"cached_tokens", cached_tokens},
               {"first_token_ms", first_token.AsJson()},
               {"between_tokens_ms", between_tokens.AsJson()},
               {"queue_ms", queue.AsJson()},
               {"request_ms", request.AsJson()}};
  for (const auto& [code, count] : errors_by_code) json["errors_by_code"][code] = count;
  for (const auto& [reason, count] : finish_reasons) json["finish_reasons"][reason] = count;
  return json;
}

}  // namespace tritwise

// From the JSON of a request to work for an engine, and from what comes of it to the JSON of a reply.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tools/serve/job.h"
#include "tools/serve/request_fields.h"
#include "tritwise/model.h"

namespace tritwise::serve {

// What a key, or everybody, may ask for.
struct RequestLimits {
  int64_t max_tokens = 1 << 20;  // of a request
  int64_t context = 0;           // positions of a sequence
};

// What a result has to be read with.
struct ResultShape {
  std::vector<int32_t> ids;  // of a text that is scored
  size_t first = 0;
};

// All throw RequestError. `binary`: the third frame.
Generation ReadGeneration(RequestFields& fields, const Model& model, const RequestLimits& limits);
Scoring ReadScoring(RequestFields& fields, const Model& model, const RequestLimits& limits);
Classification ReadClassification(RequestFields& fields, const Model& model, const std::string* binary);
Json Tokenise(RequestFields& fields, const Model& model);
Json Detokenise(RequestFields& fields, const Model& model);

const char* NameOf(Reason reason);
Json UsageJson(const Usage& usage);
Json ScoredJson(const Scored& scored, const ResultShape& shape);
Json ClassifiedJson(const Classified& classified);
Json ModelJson(const std::string& name, const Model& model);

}  // namespace tritwise::serve

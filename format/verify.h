// The semantic check of a graph: after it, an executor may trust every index, shape and enum value.
//
// Runs on whatever a file says, so every size goes through overflow-checked arithmetic. Writers run it
// too: nothing is written that could not be read.
#pragma once

#include <string>

#include "format/graph.h"
#include "format/model_file.h"
#include "format/status.h"
#include "format/tokenizer.h"

namespace tritwise {

// Limits that keep every size computed from a graph far inside 64 bits.
inline constexpr int64_t kMaxDimension = int64_t{1} << 31;
inline constexpr int64_t kMaxElements = int64_t{1} << 48;  // of one tensor
inline constexpr int64_t kMaxIntegerInputs = 131072;       // columns of an integer product: int32 sums cannot overflow

// `where` (a path) starts the error's line.
Status VerifyGraph(const Graph& graph, const std::string& where);

// That a vocabulary has what its kind has and no more, as many pieces as the graph has ids, known enum values, and
// every id in range. Whether its pieces make sense together is for Tokenizer::Make to say.
Status VerifyVocabulary(const Vocabulary& vocabulary, const Graph& graph, const std::string& where);

// Both of them, and the chat template where there is one.
Status VerifyDescription(const ModelDescription& description, const std::string& where);

}  // namespace tritwise

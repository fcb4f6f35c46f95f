// How a network is scored, the same in the trainer's validation and in the runtime's evaluation.
//
// Not part of the forward pass: sums are in double, with the C library's exp and log.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace tritwise {

// A stretch of a token stream that is scored as a sequence of its own: rows [begin, begin + rows) are
// read, and row i is scored on token i + 1.
struct ScoringWindow {
  size_t begin = 0;
  size_t rows = 0;
};

// Windows of `context` rows that do not overlap, the last one shorter: every token but the first is
// scored once. None for fewer than two tokens. A context of 0 (rows are independent) counts as 1.
std::vector<ScoringWindow> ScoringWindows(size_t tokens, size_t context);

// -log softmax(scores)[target], in nats.
double NegativeLogLikelihood(std::span<const float> scores, size_t target);

// Index of the highest score, the first of equals.
size_t HighestScore(std::span<const float> scores);

}  // namespace tritwise

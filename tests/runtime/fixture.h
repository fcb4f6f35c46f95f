// Short ways to load, plan and run in tests. A failure ends the test case with the Status's line.
#pragma once

#include <catch2/catch.hpp>
#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "tests/support/random_model.h"
#include "tritwise/plan.h"
#include "tritwise/session.h"

namespace tritwise::test {

template <class T>
T Must(Result<T> result) {
  if (!result.ok()) FAIL(result.status().message());
  return std::move(result).value();
}

using Logits = std::vector<std::vector<float>>;

inline std::vector<float> Copy(std::span<const float> row) { return {row.begin(), row.end()}; }

inline Logits CopyRows(const OutputRows& output) {
  Logits rows;
  for (size_t i = 0; i < output.rows; ++i) rows.push_back(Copy(output.row(i)));
  return rows;
}

inline bool SameBits(const std::vector<float>& a, const std::vector<float>& b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0;
}

inline bool SameBits(const Logits& a, const Logits& b) {
  if (a.size() != b.size()) return false;
  for (size_t i = 0; i < a.size(); ++i) {
    if (!SameBits(a[i], b[i])) return false;
  }
  return true;
}

inline std::vector<int32_t> RandomTokens(size_t count, int64_t below, uint32_t seed = 7) {
  std::mt19937 random(seed);
  std::vector<int32_t> tokens;
  for (size_t i = 0; i < count; ++i) tokens.push_back(static_cast<int32_t>(random() % static_cast<uint32_t>(below)));
  return tokens;
}

inline std::shared_ptr<const Model> RandomModel(const Graph& graph, Vocabulary vocabulary = {}) {
  const TempDir folder;  // the mapping outlives the file's name
  WriteRandomModel((folder.path() / "model.trit").string(), graph, std::move(vocabulary));
  return Must(Model::Load((folder.path() / "model.trit").string()));
}

inline std::unique_ptr<Plan> MakePlan(const std::shared_ptr<const Model>& model, int32_t max_rows = 16,
                                      int32_t threads = 1, const std::string& target = {}) {
  PlanOptions options;
  options.max_rows = max_rows;
  options.threads = threads;
  options.target = target;
  return Must(Plan::Make(model, options));
}

inline std::unique_ptr<Session> MakeSession(const Plan& plan, int64_t context = 0) {
  return Must(Session::Make(plan, {context, {}}));
}

// Logits of every token of a sequence, fed in chunks of `chunk`.
inline Logits AllLogits(Plan& plan, Session& session, std::span<const int32_t> tokens, size_t chunk) {
  Logits all;
  while (!tokens.empty()) {
    std::vector<BatchRow> rows;
    for (const int32_t token : tokens.first(std::min(chunk, tokens.size()))) rows.push_back({&session, token, true});
    for (auto& row : CopyRows(Must(plan.Forward({rows})))) all.push_back(std::move(row));
    tokens = tokens.subspan(rows.size());
  }
  return all;
}

}  // namespace tritwise::test

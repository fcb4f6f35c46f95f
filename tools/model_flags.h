// The model argument and the flags that every subcommand which computes with one has.
#pragma once

#include <memory>
#include <string>

#include <CLI/CLI.hpp>

#include "tritwise/model.h"
#include "tritwise/plan.h"

namespace tritwise {

struct ModelFlags {
  std::string path;
  bool no_verify = false;
  int32_t threads = 0;
  std::string cache;
  int64_t context = 0;         // 0: the model's
  uint64_t memory_budget = 0;  // bytes; 0: none

  CLI::Option* AddPath(CLI::App& command);
  // --threads, --cache, --no-verify
  void AddComputing(CLI::App& command);
  // The last two of them.
  void AddStorage(CLI::App& command);
  // --context, --memory-budget
  void AddMemory(CLI::App& command);

  // Throws UsageError where --context is longer than the model's.
  void CheckContext(const Model& model) const;

  // Throw Error. Options that have no flag come from the caller.
  std::shared_ptr<const Model> Load() const;
  PlanOptions Options() const;
};

}  // namespace tritwise

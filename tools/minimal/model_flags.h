// The model argument and the flags of subcommands that compute with one.
#pragma once

#include <array>
#include <memory>
#include <string>
#include <string_view>

#include "format/names.h"
#include "tools/minimal/arguments.h"
#include "tritwise/model.h"
#include "tritwise/plan_options.h"

namespace tritwise::minimal {

struct ModelFlags {
  std::string path;
  int64_t threads = 0;
  std::string cache;
  bool no_verify = false;

  static constexpr std::array<std::string_view, 3> kCaches = {"int8", "f16", "f32"};

  Flag Path() { return {"MODEL.trit", {}, Text{&path}, "The model file", true}; }
  Flag Threads() {
    return {"--threads", {}, Integer{&threads, 0, 256}, "Threads that compute (0: all this process may use)"};
  }
  Flag Cache() {
    return {"--cache", {}, Text{&cache, kCaches}, "Keys and values as int8, f16 or f32 (default: the model's)"};
  }
  Flag NoVerify() { return {"--no-verify", {}, Switch{&no_verify}, "Do not check the weights' checksums"}; }

  Result<std::shared_ptr<const Model>> Load() const { return Model::Load(path, {!no_verify}); }
  PlanOptions Options() const {
    PlanOptions options;
    options.threads = static_cast<int32_t>(threads);
    if (!cache.empty()) options.cache = FromName<Storage>(cache);
    return options;
  }
};

}  // namespace tritwise::minimal

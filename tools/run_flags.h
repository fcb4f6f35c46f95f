// The flags of `tritwise run`, for its two ways: with a model of its own, and with a server's.
#pragma once

#include <cstdint>
#include <string>

#include "tools/model_flags.h"
#include "tritwise/sampler.h"
#ifdef TRITWISE_WITH_SERVER
#include "tools/client_flags.h"
#endif

namespace tritwise {

struct RunFlags {
  ModelFlags model;
  std::string prompt;
  int32_t tokens = 128;
  SamplerOptions sampler;
  std::string format = "text";
  bool json = false;
#ifdef TRITWISE_WITH_SERVER
  ClientFlags client;
  std::string model_name;
#endif
};

#ifdef TRITWISE_WITH_SERVER
// Streams the text from a server. Throws Error; Interrupted after Ctrl-C, with the request cancelled.
void RunRemote(const RunFlags& flags);
#endif

}  // namespace tritwise

// What `tritwise serve` is told, by flags and by a recipe (server.toml): flags win. The part that is about clients is
// `tritwise route`'s too.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tools/serve/engine.h"
#include "tools/serve/protocol.h"

namespace tritwise::serve {

struct ServiceSettings {
  std::string bind = "tcp://127.0.0.1:5555";
  std::string control;                  // empty: as `bind` with the port after it, or ".control" behind an ipc path
  std::string secret_key;               // file made by `tritwise keys`; empty: no CURVE
  std::string allow;                    // file with the keys that may connect; empty: every key that knows the server's
  bool insecure = false;                // plain connections from other machines
  int64_t max_tokens = 4096;            // of one request
  int64_t max_message = kMessageBytes;  // bytes
  double deadline_s = 0.0;              // of requests that name none; 0: none
  double drain_s = 30.0;                // after which what is not finished is cancelled
  double slow_reader_s = 30.0;          // after which the text of a client that does not read is cancelled
  double credit_s = 300.0;              // the same for one that gives no more credit

  template <class Self, class Visitor>
  static void Visit(Self& self, Visitor&& field) {
    field("bind", self.bind);
    field("control", self.control);
    field("secret_key", self.secret_key);
    field("allow", self.allow);
    field("insecure", self.insecure);
    field("max_tokens", self.max_tokens);
    field("max_message", self.max_message);
    field("deadline_s", self.deadline_s);
    field("drain_s", self.drain_s);
    field("slow_reader_s", self.slow_reader_s);
    field("credit_s", self.credit_s);
  }
};

struct ServerSettings : ServiceSettings {
  int64_t queue = 64;          // requests that wait for a free sequence
  int64_t sequences = 8;       // texts computed at a time
  int64_t context = 0;         // positions of each; 0: the model's
  int64_t rows = 64;           // most rows of a step
  int64_t prefill_chunk = 32;  // of them for prompts, while others generate
  int64_t threads = 0;

  template <class Self, class Visitor>
  static void Visit(Self& self, Visitor&& field) {
    ServiceSettings::Visit(self, field);
    field("queue", self.queue);
    field("sequences", self.sequences);
    field("context", self.context);
    field("rows", self.rows);
    field("prefill_chunk", self.prefill_chunk);
    field("threads", self.threads);
  }
};

// The section [server] of a TOML file into `settings`; keys that are not there keep their value. Throws Error.
void ReadServerSettings(const std::string& path, ServerSettings& settings);
// Throw Error for values out of range, and for plain connections from other machines that nobody asked for.
void CheckServerSettings(const ServerSettings& settings);
void CheckServiceSettings(const ServiceSettings& settings);
void CheckRange(const char* name, double value, double least, double most);
// `control`, or what follows from `bind`.
std::string ControlAddress(const ServiceSettings& settings);

EngineOptions EngineOptionsOf(const ServerSettings& settings);

}  // namespace tritwise::serve

#include "tools/serve/settings.h"

#include "trainer/recipe/section_reader.h"
#include "trainer/recipe/toml.h"

namespace tritwise::serve {
namespace {

bool StartsWith(const std::string& text, const char* begin) { return text.rfind(begin, 0) == 0; }

// Whether only this machine can connect.
bool IsLocal(const std::string& address) {
  for (const char* begin : {"ipc://", "inproc://", "tcp://127.", "tcp://localhost:", "tcp://[::1]:"}) {
    if (StartsWith(address, begin)) return true;
  }
  return false;
}

}  // namespace

void CheckRange(const char* name, double value, double least, double most) {
  if (value >= least && value <= most) return;
  char text[128];
  std::snprintf(text, sizeof(text), "%s is %g; it can be from %g to %g", name, value, least, most);
  throw Error(text);
}

void ReadServerSettings(const std::string& path, ServerSettings& settings) {
  const toml::table root = ParseToml(ReadTomlText(path, "the server's settings"), path);
  for (const auto& [key, node] : root) {
    if (key.str() != "server" || !node.is_table()) {
      throw Error(TomlPlace(path, node.source()) + ": " + std::string(key.str()) +
                  ": there is only a section [server]");
    }
    SectionReader reader(*node.as_table(), "server", path);
    ServerSettings::Visit(settings, reader);
    reader.RefuseOthers();
  }
}

void CheckServerSettings(const ServerSettings& s) {
  CheckRange("queue", static_cast<double>(s.queue), 0, 1 << 20);
  CheckRange("sequences", static_cast<double>(s.sequences), 1, 4096);
  CheckRange("context", static_cast<double>(s.context), 0, 1e12);
  CheckRange("rows", static_cast<double>(s.rows), 1, 65536);
  CheckRange("prefill_chunk", static_cast<double>(s.prefill_chunk), 1, 65536);
  CheckRange("threads", static_cast<double>(s.threads), 0, 256);
  CheckServiceSettings(s);
}

void CheckServiceSettings(const ServiceSettings& s) {
  constexpr double kMost = 1 << 30;
  CheckRange("max_tokens", static_cast<double>(s.max_tokens), 1, kMost);
  CheckRange("max_message", static_cast<double>(s.max_message), 1024, kMost);
  CheckRange("deadline_s", s.deadline_s, 0, 1e6);
  CheckRange("drain_s", s.drain_s, 0, 1e6);
  CheckRange("slow_reader_s", s.slow_reader_s, 0.01, 1e6);
  CheckRange("credit_s", s.credit_s, 0.01, 1e6);
  for (const std::string& address : {s.bind, ControlAddress(s)}) {
    if (!StartsWith(address, "tcp://") && !StartsWith(address, "ipc://") && !StartsWith(address, "inproc://")) {
      throw Error(address + ": not an address like tcp://127.0.0.1:5555 or ipc://PATH");
    }
  }
  if (!s.allow.empty() && s.secret_key.empty()) throw Error("a list of allowed keys needs the server's own secret key");
  if (!s.secret_key.empty() || s.insecure) return;
  for (const std::string& address : {s.bind, ControlAddress(s)}) {
    if (!IsLocal(address)) {
      throw Error(address +
                  ": other machines could connect without a key; give a secret key (tritwise keys), or --insecure");
    }
  }
}

std::string ControlAddress(const ServiceSettings& settings) {
  if (!settings.control.empty()) return settings.control;
  if (!StartsWith(settings.bind, "tcp://")) return settings.bind + ".control";
  const size_t colon = settings.bind.rfind(':');
  const std::string port = settings.bind.substr(colon + 1);
  if (port == "*") return settings.bind;  // another free one
  if (port.empty() || port.size() > 5 || port.find_first_not_of("0123456789") != std::string::npos) {
    throw Error(settings.bind + ": not an address like tcp://127.0.0.1:5555");
  }
  return settings.bind.substr(0, colon + 1) + std::to_string(std::stoi(port) + 1);
}

EngineOptions EngineOptionsOf(const ServerSettings& settings) {
  EngineOptions options;
  options.plan.max_rows = static_cast<int32_t>(settings.rows);
  options.plan.threads = static_cast<int32_t>(settings.threads);
  options.sequences = static_cast<size_t>(settings.sequences);
  options.context = settings.context;
  options.prefill_chunk = static_cast<size_t>(settings.prefill_chunk);
  return options;
}

}  // namespace tritwise::serve

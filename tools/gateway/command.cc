// tritwise gateway: the command line.
#include <charconv>
#include <cstdio>

#include "tools/client_flags.h"
#include "tools/commands.h"
#include "tools/gateway/gateway.h"

namespace tritwise {
namespace {

struct GatewayFlags {
  ClientFlags client;
  std::string listen = "127.0.0.1:8080";
  std::string key_file;
  bool insecure = false;
  uint64_t body_bytes = uint64_t{1} << 20;
  double drain_s = 30.0;
  GatewayOptions options;
};

// HOST:PORT, an IPv6 address in brackets.
void SplitListen(const std::string& listen, GatewayOptions* options) {
  const size_t colon = listen.rfind(':');
  const char* end = listen.data() + listen.size();
  int port = -1;
  if (colon == std::string::npos || colon == 0 || std::from_chars(listen.data() + colon + 1, end, port).ptr != end ||
      port < 0 || port > 65535) {
    throw UsageError("--listen: \"" + listen + "\" is not HOST:PORT");
  }
  options->host = HostOf(listen);
  options->port = port;
}

void Serve(const GatewayFlags& flags) {
  GatewayOptions options = flags.options;
  options.server = flags.client.Options();
  SplitListen(flags.listen, &options);
  if (!flags.key_file.empty()) options.keys = BearerKeys(flags.key_file);
  const bool open = options.keys.empty();
  if (open && !flags.insecure && !IsLoopback(options.host)) {
    throw UsageError("--listen " + flags.listen +
                     " lets other machines in: give --key-file, or --insecure if everybody may use it");
  }
  options.loopback_only = open && !flags.insecure;
  options.body_bytes = flags.body_bytes;
  options.drain = Milliseconds(static_cast<int64_t>(1e3 * flags.drain_s));
  RunGateway(options, [&](int port) {
    const bool ipv6 = options.host.find(':') != std::string::npos;
    std::fprintf(stderr, "http://%s:%d\n", (ipv6 ? "[" + options.host + "]" : options.host).c_str(), port);
  });
}

}  // namespace

void AddGateway(CLI::App& app) {
  auto flags = std::make_shared<GatewayFlags>();
  CLI::App* command = app.add_subcommand("gateway", "Serves OpenAI's HTTP interface and a chat page, from a server");
  command->option_defaults()->always_capture_default();
  flags->client.connect = "tcp://127.0.0.1:5555";
  flags->client.Add(*command);
  command->add_option("--listen", flags->listen, "Where HTTP is served (port 0: any, said on standard error)");
  command->add_option("--key-file", flags->key_file, "File with the keys that clients may give, one a line");
  command->add_flag("--insecure", flags->insecure, "Other machines may connect without a key");
  command->add_option("--connections", flags->options.connections, "Requests at a time; more wait")
      ->check(CLI::Range(1, 4096));
  command->add_option("--max-tokens", flags->options.max_tokens, "Of an answer in a chat, where the request names none")
      ->check(CLI::Range(int64_t{1}, int64_t{1} << 30));
  command->add_option("--max-body", flags->body_bytes, "Largest body of a request, as 1M")
      ->transform(CLI::AsSizeValue(false))
      ->check(CLI::Range(uint64_t{1}, uint64_t{1} << 30));
  command->add_option("--drain-seconds", flags->drain_s, "After SIGTERM: what is not finished by then is cancelled")
      ->check(CLI::Range(0.0, 86400.0));
  command->footer(
      "Example:\n  tritwise serve model.trit & tritwise gateway\n"
      "  curl http://127.0.0.1:8080/v1/completions -H 'Content-Type: application/json' -d '{\"prompt\": \"In the\"}'\n"
      "http://127.0.0.1:8080/ is a page to chat with. SIGTERM finishes what is under way and ends. See "
      "docs/serving.md.");
  command->callback([flags] { Serve(*flags); });
}

}  // namespace tritwise

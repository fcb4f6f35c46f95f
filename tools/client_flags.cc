#include "tools/client_flags.h"

#include "tools/commands.h"

namespace tritwise {

void ClientFlags::Add(CLI::App& command) {
  command.add_option("--connect", connect, "The server's address: tcp://HOST:PORT or ipc://PATH");
  command.add_option("--control", control, "Its control address (default: the next port, or PATH.control)");
  command.add_option("--server-key", server_key, "File with the server's public key (NAME.public)");
  command.add_option("--key", key, "File with a key pair of one's own (NAME.secret)");
}

ClientOptions ClientFlags::Options() const {
  ClientOptions options;
  options.address = ParseAddress(connect, control);
  if (server_key.empty() != key.empty()) throw UsageError("--server-key and --key: both or none");
  if (!key.empty()) options.curve = Curve{ReadPublicKey(server_key), ReadKeyPair(key)};
  return options;
}

}  // namespace tritwise

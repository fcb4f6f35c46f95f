#include "tools/client_flags.h"

#include "tools/commands.h"

namespace tritwise {

void ClientFlags::Add(CLI::App& command) {
  command.add_option("--connect", connect, "The server's address: tcp://HOST:PORT or ipc://PATH");
  command.add_option("--control", control, "Its control address (default: the next port, or PATH.control)");
  command.add_option("--server-key", server_key, "File with the server's public key (NAME.public)");
  command.add_option("--secret-key", secret_key, "File with a key pair of one's own (NAME.secret)");
}

ClientOptions ClientFlags::Options() const {
  ClientOptions options;
  options.address = ParseAddress(connect, control);
  if (server_key.empty() != secret_key.empty()) throw UsageError("--server-key and --secret-key: both or none");
  if (!secret_key.empty()) options.curve = Curve{serve::ReadPublicKey(server_key), serve::ReadSecretKey(secret_key)};
  return options;
}

}  // namespace tritwise

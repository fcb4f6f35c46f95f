// The flags of every subcommand that is a client of a server.
#pragma once

#include <string>

#include <CLI/CLI.hpp>

#include "tools/client/client.h"

namespace tritwise {

struct ClientFlags {
  std::string connect;
  std::string control;
  std::string server_key;  // file
  std::string secret_key;  // file

  void Add(CLI::App& command);
  // Throws Error.
  ClientOptions Options() const;
};

}  // namespace tritwise

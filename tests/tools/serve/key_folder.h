// Keys of a server and of clients in a folder.
#pragma once

#include <fstream>
#include <string>

#include "tests/support/random_model.h"
#include "tools/serve/keys.h"
#include "tools/serve/settings.h"

namespace tritwise::test {

struct KeyFolder {
  std::string Path(const std::string& name) const { return (folder.path() / name).string(); }
  serve::ServerSettings Settings(bool with_list) const {
    serve::ServerSettings settings;
    settings.secret_key = Path("server.secret");
    if (with_list) settings.allow = Path("allow.toml");
    return settings;
  }
  void Allow(const std::string& more = {}) const {
    std::ofstream(Path("allow.toml")) << "[[key]]\nname = \"friend\"\npublic = \"" << friendly.public_key << "\"\n"
                                      << more;
  }

  TempDir folder;
  serve::KeyPair server = serve::MakeKeys(Path("server"));
  serve::KeyPair friendly = serve::MakeKeys(Path("friend"));
  serve::KeyPair stranger = serve::MakeKeys(Path("stranger"));
};

}  // namespace tritwise::test

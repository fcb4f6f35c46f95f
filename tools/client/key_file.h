// CURVE keys, as `tritwise keys` writes them: NAME.secret holds `public = "..."` and `secret = "..."`, NAME.public the
// first line alone; each key 40 characters of Z85.
#pragma once

#include <string>

namespace tritwise {

struct KeyPair {
  std::string public_key;
  std::string secret_key;
};

// Throw Error, which never contains a key.
std::string ReadPublicKey(const std::string& path);
KeyPair ReadKeyPair(const std::string& path);

}  // namespace tritwise

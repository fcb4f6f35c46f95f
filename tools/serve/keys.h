// CURVE keys in files, and the list of those that may connect.
//
// A pair NAME is two files: NAME.public (`public = "..."`) to be given away, NAME.secret (both keys) that only its
// owner can read. Keys are 40 characters of Z85.
#pragma once

#include <map>
#include <string>

namespace tritwise::serve {

struct KeyPair {
  std::string public_key;
  std::string secret_key;
};

// A new pair, written to the two files, which must not be there yet. Throws Error.
KeyPair MakeKeys(const std::string& name);
// From NAME.secret. Throws Error, also where others may read the file.
KeyPair ReadSecretKey(const std::string& path);
std::string ReadPublicKey(const std::string& path);

struct AllowedKey {
  std::string name;
  bool admin = false;        // may drain
  int64_t max_requests = 0;  // under way at a time; 0: as many as the server takes
  int64_t max_tokens = 0;    // of a request; 0: the server's
};

// By public key. The file has a table [[key]] for each: name, public, and what AllowedKey says. Throws Error.
using AllowList = std::map<std::string, AllowedKey>;
AllowList ReadAllowList(const std::string& path);

}  // namespace tritwise::serve

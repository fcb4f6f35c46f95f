#include "tools/client/key_file.h"

#include <optional>

#include <zmq.h>

#include "trainer/error.h"
#include "trainer/recipe/toml.h"

namespace tritwise {
namespace {

std::string Key(const toml::table& table, const char* name, const std::string& path) {
  const std::optional<std::string> key = table[name].value<std::string>();
  // zmq_z85_decode writes 32 bytes for 40 characters.
  uint8_t bytes[32];
  if (!key || key->size() != 40 || zmq_z85_decode(bytes, key->c_str()) == nullptr) {
    throw Error(path + ": there is no key " + name + " = \"...\" of 40 characters (tritwise keys writes such files)");
  }
  return *key;
}

}  // namespace

std::string ReadPublicKey(const std::string& path) {
  return Key(ParseToml(ReadTomlText(path, "the key"), path), "public", path);
}

KeyPair ReadKeyPair(const std::string& path) {
  const toml::table table = ParseToml(ReadTomlText(path, "the key"), path);
  return {Key(table, "public", path), Key(table, "secret", path)};
}

}  // namespace tritwise

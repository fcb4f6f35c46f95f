#include "tools/serve/keys.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <zmq.hpp>

#include "trainer/recipe/section_reader.h"
#include "trainer/recipe/toml.h"

namespace tritwise::serve {
namespace {

constexpr size_t kKeyCharacters = 40;
constexpr size_t kKeyBytes = 32;

void CheckKey(const std::string& key, const std::string& where) {
  unsigned char bytes[kKeyBytes];
  if (key.size() != kKeyCharacters || zmq_z85_decode(bytes, key.c_str()) == nullptr) {
    throw Error(where + ": not a key of 40 characters (Z85)");
  }
}

void WriteNew(const std::string& path, const std::string& text, mode_t mode) {
  const int file = open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
  if (file < 0) throw Error(path + ": cannot create: " + std::strerror(errno));
  const bool written = write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size()) && fsync(file) == 0;
  const int error = errno;
  close(file);
  if (!written) {
    unlink(path.c_str());
    throw Error(path + ": cannot write: " + std::strerror(error));
  }
}

std::string TextOf(const toml::table& table, const char* key, const std::string& path) {
  const auto text = table[key].value<std::string>();
  if (!text) throw Error(path + ": has no " + key + " = \"...\"");
  return *text;
}

struct KeyEntry : AllowedKey {
  std::string public_key;

  template <class Self, class Visitor>
  static void Visit(Self& self, Visitor&& field) {
    field("name", self.name);
    field("public", self.public_key);
    field("admin", self.admin);
    field("max_requests", self.max_requests);
    field("max_tokens", self.max_tokens);
  }
};

}  // namespace

KeyPair MakeKeys(const std::string& name) {
  char public_key[kKeyCharacters + 1];
  char secret_key[kKeyCharacters + 1];
  if (zmq_curve_keypair(public_key, secret_key) != 0) throw Error("this build has no CURVE");
  const std::string line = std::string("public = \"") + public_key + "\"\n";
  WriteNew(name + ".secret", line + "secret = \"" + secret_key + "\"\n", 0600);
  try {
    WriteNew(name + ".public", line, 0644);
  } catch (const Error&) {
    unlink((name + ".secret").c_str());
    throw;
  }
  return {public_key, secret_key};
}

KeyPair ReadSecretKey(const std::string& path) {
  struct stat info = {};
  if (stat(path.c_str(), &info) == 0 && (info.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
    throw Error(path + ": others may read this secret key (chmod 600)");
  }
  const toml::table table = ParseToml(ReadTomlText(path, "the secret key"), path);
  KeyPair pair{TextOf(table, "public", path), TextOf(table, "secret", path)};
  CheckKey(pair.public_key, path + ": public");
  CheckKey(pair.secret_key, path + ": secret");
  char derived[kKeyCharacters + 1];
  if (zmq_curve_public(derived, pair.secret_key.c_str()) != 0 || pair.public_key != derived) {
    throw Error(path + ": the two keys are no pair");
  }
  return pair;
}

std::string ReadPublicKey(const std::string& path) {
  const std::string key = TextOf(ParseToml(ReadTomlText(path, "the public key"), path), "public", path);
  CheckKey(key, path);
  return key;
}

AllowList ReadAllowList(const std::string& path) {
  const toml::table root = ParseToml(ReadTomlText(path, "the list of keys"), path);
  AllowList list;
  for (const auto& [key, node] : root) {
    if (key.str() != "key" || !node.is_array_of_tables()) {
      throw Error(TomlPlace(path, node.source()) + ": there are only tables [[key]]");
    }
    for (const toml::node& element : *node.as_array()) {
      KeyEntry entry;
      SectionReader reader(*element.as_table(), "key", path);
      KeyEntry::Visit(entry, reader);
      reader.RefuseOthers();
      const std::string where = TomlPlace(path, element.source());
      CheckKey(entry.public_key, where + ": public");
      if (entry.name.empty()) throw Error(where + ": a key needs a name");
      if (entry.max_requests < 0 || entry.max_tokens < 0) throw Error(where + ": limits are 0 or more");
      for (const auto& [other, allowed] : list) {
        if (other == entry.public_key || allowed.name == entry.name)
          throw Error(where + ": name or key is there twice");
      }
      list[entry.public_key] = entry;
    }
  }
  return list;
}

}  // namespace tritwise::serve

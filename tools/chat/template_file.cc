#include "tools/chat/template_file.h"

#include <algorithm>
#include <filesystem>

#include "trainer/error_status.h"
#include "trainer/recipe/section_reader.h"
#include "trainer/recipe/toml.h"

namespace tritwise {
namespace {

// A text as an error can show it.
std::string Quoted(std::string_view text) {
  std::string all = "\"";
  for (const char c : text) all += c == '\n' ? "\\n" : std::string(1, c);
  return all + "\"";
}

ChatTurn ReadTurn(const toml::table& file, const char* role, const std::string& where) {
  ChatTurn turn;
  const toml::node* node = file.get(role);
  if (node == nullptr) return turn;
  if (!node->is_table()) throw Error(TomlPlace(where, node->source()) + ": " + role + " must be a section");
  SectionReader reader(*node->as_table(), role, where);
  reader("prefix", turn.prefix);
  reader("suffix", turn.suffix);
  reader.RefuseOthers();
  return turn;
}

int32_t StopId(const Tokenizer& tokenizer, const std::string& stop, const std::string& where) {
  const TextPart part{stop, true};
  const std::vector<int32_t> ids = tokenizer.EncodeParts({&part, 1}, false);
  const auto type = [&](int32_t id) { return tokenizer.vocabulary().types[static_cast<size_t>(id)]; };
  if (ids.size() != 1 || type(ids[0]) == PieceType::kUnknown) {
    throw Error(where + ": stop: " + Quoted(stop) + " is not one piece of the model's vocabulary");
  }
  return ids[0];
}

// What looks like a control piece must be one: as plain text it would say something else to the network.
void CheckPieces(const std::string& text, const Tokenizer& tokenizer, const std::string& where) {
  const Vocabulary& v = tokenizer.vocabulary();
  for (size_t begin = text.find('<'); begin != std::string::npos; begin = text.find('<', begin + 1)) {
    const size_t end = text.find_first_of("<> \t\r\n", begin + 1);
    if (end == std::string::npos || text[end] != '>' || end == begin + 1) continue;
    const std::string piece = text.substr(begin, end + 1 - begin);
    const auto found = std::find(v.pieces.begin(), v.pieces.end(), piece);
    const auto type =
        found == v.pieces.end() ? PieceType::kUnused : v.types[static_cast<size_t>(found - v.pieces.begin())];
    if (type != PieceType::kControl && type != PieceType::kAdded && type != PieceType::kAddedNormalised) {
      throw Error(where + ": the template needs the piece " + Quoted(piece) + ", which the model's vocabulary has not");
    }
  }
}

ChatTemplate Parse(const std::string& text, const std::string& where, const Vocabulary& vocabulary) {
  if (vocabulary.empty()) throw Error(where + ": a model without a vocabulary can have no chat template");
  const Tokenizer tokenizer = ValueOrThrow(Tokenizer::Make(vocabulary));
  toml::table file = ParseToml(text, where);
  ChatTemplate chat;
  chat.system = ReadTurn(file, "system", where);
  chat.user = ReadTurn(file, "user", where);
  chat.assistant = ReadTurn(file, "assistant", where);
  for (const char* role : {"system", "user", "assistant"}) file.erase(role);
  std::vector<std::string> stops;
  SectionReader reader(file, "template", where);
  reader("begin", chat.begin);
  reader("stop", stops);
  reader.RefuseOthers();
  for (const std::string& stop : stops) chat.stop_ids.push_back(StopId(tokenizer, stop, where));
  for (const ChatTurn* turn : {&chat.system, &chat.user, &chat.assistant}) {
    for (const std::string* part : {&turn->prefix, &turn->suffix}) CheckPieces(*part, tokenizer, where);
  }
  if (StopIds(vocabulary, chat).empty()) {
    throw Error(where + ": nothing would end an answer: give stop, the vocabulary has no end piece");
  }
  const Status status = VerifyChatTemplate(chat, vocabulary);
  if (!status.ok()) throw Error(where + ": " + status.message());
  return chat;
}

}  // namespace

std::string ShippedChatTemplateNames() {
  std::string all;
  for (const ShippedChatTemplate& shipped : ShippedChatTemplates()) {
    all += (all.empty() ? "" : ", ") + std::string(shipped.name);
  }
  return all;
}

ChatTemplate ReadChatTemplate(const std::string& name, const Vocabulary& vocabulary) {
  for (const ShippedChatTemplate& shipped : ShippedChatTemplates()) {
    if (shipped.name == name) return Parse(std::string(shipped.toml), name, vocabulary);
  }
  const std::filesystem::path path = name;
  if (!path.has_parent_path() && !path.has_extension() && !std::filesystem::exists(path)) {
    throw Error("there is no chat template \"" + name + "\": " + ShippedChatTemplateNames() + ", or a TOML file");
  }
  return Parse(ReadTomlText(name, "chat template"), name, vocabulary);
}

}  // namespace tritwise

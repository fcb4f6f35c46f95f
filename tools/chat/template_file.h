// Chat templates by name or from TOML files. Those of tools/chat_templates/ are part of the program.
//
// A file has `begin`, `stop` (texts that are one piece each) and for each of the sections system, user and assistant
// `prefix` and `suffix`. It names pieces, a template in a model names ids: so reading one needs the vocabulary.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "format/chat_template.h"

namespace tritwise {

struct ShippedChatTemplate {
  std::string_view name;
  std::string_view toml;
};

std::vector<ShippedChatTemplate> ShippedChatTemplates();
// "chatml, llama3, plain"
std::string ShippedChatTemplateNames();

// `name` is that of a shipped one, or the path of a file. Throws Error with file, line and key; also where the
// template has something like <|piece|> or <piece> that no piece of the vocabulary is, or a stop that is not one piece.
ChatTemplate ReadChatTemplate(const std::string& name, const Vocabulary& vocabulary);

}  // namespace tritwise

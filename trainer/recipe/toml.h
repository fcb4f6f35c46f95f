// TOML files, with errors that are one line. Free of the trainer's libraries, so that a board's command has it.
#pragma once

#include <string>
#include <toml++/toml.h>

namespace tritwise {

// The text of a TOML file; `what` it should hold is for the message: "cannot read the recipe".
std::string ReadTomlText(const std::string& path, const char* what);
// Throws Error with `where` and the line.
toml::table ParseToml(const std::string& text, const std::string& where);

// "FILE:LINE" of something read from a file.
std::string TomlPlace(const std::string& where, const toml::source_region& source);

}  // namespace tritwise

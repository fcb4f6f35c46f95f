// A whole file into memory, or an Error with the system's reason. Regular files and pipes only: a device or
// a folder gets an Error instead of an endless read. Not for model files, which are mapped.
#pragma once

#include <filesystem>
#include <string>

namespace tritwise {

std::string ReadFile(const std::filesystem::path& path);

}  // namespace tritwise

// What of a file is in memory, and forgetting it: how a program starts on a machine that has not read the file yet.
#pragma once

#include <string>

namespace tritwise {

// Asks the system to forget the pages of a file that it holds in memory. Returns the share of its pages (0 to 1) that
// are in memory all the same: some file systems keep them, and pages that a process has mapped and used stay. Throws
// Error.
double DropFromMemory(const std::string& path);

}  // namespace tritwise

// Runs this program again, in a process of its own, for what is to be measured apart from everything else.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "tools/output.h"

namespace tritwise {

// `arguments` behind the program's name; the one JSON object that it prints. Throws Error with the child's own line
// where it fails. Under a WorkFolder Ctrl-C and a polite kill end the child too, and then this throws Interrupted.
Json RunSelf(const std::vector<std::string>& arguments);

// A folder that goes away with everything in it, beside the file `path`: models take room that /tmp may not have. From
// its making on this process only notes Ctrl-C and a polite kill (tools/interrupt.h): who has one looks for them.
class WorkFolder {
 public:
  explicit WorkFolder(const std::filesystem::path& path);
  ~WorkFolder();
  WorkFolder(const WorkFolder&) = delete;
  WorkFolder& operator=(const WorkFolder&) = delete;

  std::string operator/(const std::string& name) const { return (path_ / name).string(); }

 private:
  std::filesystem::path path_;
};

}  // namespace tritwise

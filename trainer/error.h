// What the trainer and the tools throw for anything a user can cause: a bad file, flag or value.
//
// The text is one line that says what is wrong, where, and what would be right; whoever catches it at the
// edge prints it and nothing else. Anything else that is thrown is a bug. format/ and runtime/ return a
// Status instead.
#pragma once

#include <stdexcept>

namespace tritwise {

class Error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace tritwise

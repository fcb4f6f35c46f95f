// Ctrl-C and a polite kill of a command that has something to put in order first: it looks, and ends by itself.
#pragma once

namespace tritwise {

// From now on SIGINT and SIGTERM are only noted.
void NoteInterrupts();

bool WasInterrupted();

// What a command throws that has put in order what there was: exit code 130, nothing more to print.
struct Interrupted {};

inline void ThrowIfInterrupted() {
  if (WasInterrupted()) throw Interrupted{};
}

}  // namespace tritwise

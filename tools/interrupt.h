// Ctrl-C and a polite kill while a command waits for a server: it looks, and ends by itself.
#pragma once

namespace tritwise {

// From now on SIGINT and SIGTERM are only noted.
void NoteInterrupts();

bool WasInterrupted();

}  // namespace tritwise

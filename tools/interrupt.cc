#include "tools/interrupt.h"

#include <csignal>
#include <initializer_list>

namespace tritwise {
namespace {

volatile std::sig_atomic_t interrupted = 0;

void Note(int /*signal*/) { interrupted = 1; }

}  // namespace

void NoteInterrupts() {
  struct sigaction action = {};
  action.sa_handler = Note;
  for (const int signal : {SIGINT, SIGTERM}) sigaction(signal, &action, nullptr);
}

bool WasInterrupted() { return interrupted != 0; }

}  // namespace tritwise

// C++ source of a network for a machine without an operating system: what `tritwise flatten` writes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "format/model_file.h"

namespace tritwise {

// Each ends with a newline. They include each other by their names below, and runtime/bare/ from the project's root.
struct FlatSource {
  std::string network_h;   // sizes, Input(), Run()
  std::string network_cc;  // arena, operations in order
  std::string weights_h;
  std::string weights_cc;  // every tensor as the file holds it, aligned as there, in the section .weights
  uint64_t arena_bytes = 0;
  uint64_t weight_bytes = 0;  // scales and biases included
};

// `space` is the namespace within tritwise, so that a program can have several networks. Throws Error, with the
// operation's name, for a network that runtime/bare/ does not have the operations for, and where the arena and the
// weights together are beyond 32-bit addresses.
FlatSource FlattenModel(const ModelFile& model, const std::string& space);

// Rows of bytes for the test program: the features are byte / 255.
std::string SampleSource(const uint8_t* pixels, size_t rows, size_t width);

}  // namespace tritwise

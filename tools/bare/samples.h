// Samples that `tritwise flatten --images` writes into the program: kSamples rows of bytes, features are byte / 255.
#pragma once

#include <cstddef>
#include <cstdint>

namespace tritwise::bare {

extern const size_t kSamples;
extern const uint8_t kSampleBytes[];

}  // namespace tritwise::bare

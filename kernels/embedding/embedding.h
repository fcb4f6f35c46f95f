// One row of an embedding table as floats. Definition: kernels/embedding/reference.h.
#pragma once

#include <cstddef>
#include <cstdint>

namespace tritwise::kernels {

// y[width] = row[width]; i8: float(code) * scale.
using EmbedF32Fn = void (*)(const float* row, size_t width, float* y);
using EmbedF16Fn = void (*)(const uint16_t* row, size_t width, float* y);
using EmbedI8Fn = void (*)(const int8_t* row, size_t width, float scale, float* y);

EmbedF32Fn ResolveEmbedF32();
EmbedF16Fn ResolveEmbedF16();
EmbedI8Fn ResolveEmbedI8();

}  // namespace tritwise::kernels

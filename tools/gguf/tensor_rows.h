// Rows of a model's matrices as they are stored, codes with their scales or plain numbers, in any order.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "format/model_file.h"

namespace tritwise {

class TensorRows {
 public:
  TensorRows(const ModelFile& model, int32_t tensor);

  // Whether rows are codes, or numbers (f32, f16).
  bool are_codes() const { return spec_.storage != Storage::kF32 && spec_.storage != Storage::kF16; }
  // Valid until the next call.
  std::span<const int8_t> Codes(size_t row);
  // A scale for each 32 columns of a row.
  std::vector<float> Scales(size_t row);
  std::vector<float> Numbers(size_t row) const;

 private:
  void Unpack(size_t row);

  const TensorSpec& spec_;
  TensorData data_;
  size_t rows_ = 0;
  size_t cols_ = 0;
  // Rows that are unpacked at present: all of a ternary linear's, else some.
  size_t first_ = 0;
  size_t count_ = 0;
  std::vector<int8_t> codes_;
  std::vector<uint16_t> halves_;
};

}  // namespace tritwise

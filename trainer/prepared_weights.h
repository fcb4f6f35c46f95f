// The master weights made ready for one step's matrix products: quantised, mixed, rounded.
//
// Made once a step, then read by all workers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "format/graph.h"
#include "trainer/aligned_buffer.h"
#include "trainer/group_quantiser.h"
#include "trainer/parameters.h"
#include "trainer/phase.h"
#include "trainer/quantiser.h"
#include "trainer/row_ops/row_ops.h"

namespace tritwise {

class PreparedWeights {
 public:
  PreparedWeights(const Graph& graph, const ParameterLayout& layout, ComputeType type);

  // For kExported, embeddings and plain linears are also made as their tensor's storage says.
  void Prepare(std::span<const float> parameters, const Phase& phase, Precision precision);

  // Set to whether the CPU is faster at them; the numbers are the same.
  void UseInt8Products(bool use) { int8_products_ = use; }

  // [rows, cols] in the compute type. Ternary: mixed codes, to be multiplied by scale(); plain: the weights;
  // exported codes: those, to be multiplied by the scales of exported(tensor).
  const void* matrix(int32_t tensor) const { return At(tensor).matrix.data(); }
  // Ternary at full strength, where the CPU has int8 products: the codes, [rows, cols]. Null otherwise.
  const int8_t* codes(int32_t tensor) const { return At(tensor).has_codes ? At(tensor).codes.data() : nullptr; }
  float scale(int32_t tensor) const { return At(tensor).scale; }

  // Plain tensors as they are stored in the file; only the one that its storage asks for is filled.
  struct Exported {
    Int8Rows int8;
    GroupCodes groups;  // where the tensor has groups
    std::vector<uint16_t> f16;
  };
  const Exported& exported(int32_t tensor) const { return At(tensor).exported; }

 private:
  struct Tensor {
    enum class Use { kNone, kTernary, kPlain } use = Use::kNone;
    AlignedBuffer<std::byte> matrix;
    AlignedBuffer<int8_t> codes;
    bool has_codes = false;
    float scale = 1.0f;
    Exported exported;
  };
  const Tensor& At(int32_t tensor) const { return tensors_[static_cast<size_t>(tensor)]; }
  void PrepareTernary(Tensor& tensor, size_t number, std::span<const float> weights, const Phase& phase);
  void PreparePlain(Tensor& tensor, const TensorSpec& spec, std::span<const float> weights, Precision precision);

  const Graph& graph_;
  const ParameterLayout& layout_;
  ComputeType type_;
  bool int8_products_;
  std::vector<Tensor> tensors_;
};

}  // namespace tritwise

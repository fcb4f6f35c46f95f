#include "tools/bench/kernel_speed.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <memory>
#include <span>

#include "format/model_file.h"
#include "tools/bench/product_kernels.h"
#include "tools/bench/round_up.h"
#include "trainer/error.h"

namespace tritwise {
namespace {

constexpr size_t kAlignment = 64;

struct Shape {
  size_t outputs;
  size_t inputs;
};

// Of a decoder with 2560 columns.
constexpr Shape kShapes[] = {{2560, 2560}, {6912, 2560}, {2560, 6912}};
constexpr size_t kRows[] = {2, 8, 32, 512};
constexpr Shape kQuickShapes[] = {{64, 640}};
constexpr size_t kQuickRows[] = {2, 5};

uint8_t RandomWeight(Storage storage, BenchRandom& random) {
  if (storage == Storage::kT5) return static_cast<uint8_t>((random.Below(243) * 256 + 242) / 243);
  if (storage == Storage::kI8) return static_cast<uint8_t>(random.Below(256));
  if (storage == Storage::kLut) return static_cast<uint8_t>(random.Below(9) * 16 + random.Below(9));
  uint32_t byte = 0;
  for (int field = 0; field < 4; ++field) byte = byte * 4 + random.Below(3);
  return static_cast<uint8_t>(byte);
}

// Copies of one matrix, one behind the other, more than a cache holds. Each call takes the next.
class WeightWalk {
 public:
  WeightWalk(Storage storage, size_t matrix_bytes, size_t bytes)
      : stride_(RoundUp(matrix_bytes, kAlignment)), copies_(std::max<size_t>(1, bytes / stride_)) {
    block_.resize(stride_ * copies_ + kAlignment);
    first_ = block_.data() + (kAlignment - reinterpret_cast<uintptr_t>(block_.data()) % kAlignment);
    BenchRandom random;
    for (size_t i = 0; i < matrix_bytes; ++i) first_[i] = RandomWeight(storage, random);
    for (size_t copy = 1; copy < copies_; ++copy) std::copy_n(first_, matrix_bytes, first_ + copy * stride_);
  }
  const uint8_t* Next() { return first_ + (next_++ % copies_) * stride_; }

 private:
  size_t stride_;
  size_t copies_;
  size_t next_ = 0;
  std::vector<uint8_t> block_;
  uint8_t* first_ = nullptr;
};

// Random rows of activations, as the runtime hands them to a kernel.
struct Activations {
  Activations(size_t rows, size_t inputs, size_t padded_inputs)
      : stride(RoundUp(padded_inputs, kAlignment)), block(rows * stride + kAlignment), sums(rows) {
    q = block.data() + (kAlignment - reinterpret_cast<uintptr_t>(block.data()) % kAlignment);
    BenchRandom random;
    for (size_t row = 0; row < rows; ++row) {
      for (size_t i = 0; i < inputs; ++i) {
        const auto code = static_cast<int8_t>(static_cast<int>(random.Below(255)) - 127);
        q[row * stride + i] = code;
        sums[row] += code;
      }
    }
  }
  size_t stride;
  std::vector<int8_t> block;
  std::vector<int32_t> sums;
  int8_t* q = nullptr;
};

// A matrix of one shape in one storage: its geometry (of use where it is ternary) and copies to walk through.
struct Matrix {
  Matrix(Storage storage, Shape s, size_t buffer_bytes)
      : shape(s),
        ternary(IsTernary(storage)),
        geometry(MakeTernaryGeometry(ternary ? storage : Storage::kT2, s.outputs, s.inputs)),
        bytes(ternary ? geometry.total_bytes : s.outputs * s.inputs),
        walk(storage, bytes, buffer_bytes) {}

  Shape shape;
  bool ternary;
  TernaryGeometry geometry;
  size_t bytes;
  WeightWalk walk;
};

// One kernel on one shape with a number of rows: the calls for one matrix after the other, some of whose tiles keep
// their sums to be checked.
class ProductRun {
 public:
  ProductRun(const ProductKernel& kernel, Matrix& matrix, size_t rows)
      : kernel_(kernel),
        matrix_(matrix),
        rows_(rows),
        x_(rows, matrix.shape.inputs, matrix.ternary ? matrix.geometry.padded_cols : matrix.shape.inputs) {
    const size_t outputs = matrix.shape.outputs;
    const size_t block = matrix.geometry.block_rows;
    tile_outputs_ =
        kernel.many_rows ? kernels::TernaryTileBlocks(matrix.geometry, rows) * block : RoundUp(outputs, block);
    const size_t tiles = (outputs + tile_outputs_ - 1) / tile_outputs_;
    scratch_.resize(rows * tile_outputs_);
    kept_tiles_ = {0, random_.Below(static_cast<uint32_t>(tiles)), tiles - 1};
    for (auto& sums : kept_) sums.resize(scratch_.size());
  }

  void Run() {
    weights_ = matrix_.walk.Next();
    for (size_t tile = 0; tile * tile_outputs_ < matrix_.shape.outputs; ++tile) kernel_.run(Tile(tile));
  }

  // Random outputs of what the last Run computed.
  void Check(const char* target) {
    for (size_t i = 0; i < kept_.size(); ++i) {
      const Product tile = Tile(kept_tiles_[i]);
      for (int sample = 0; sample < 16; ++sample) {
        const size_t row = random_.Below(static_cast<uint32_t>(rows_));
        const size_t output = random_.Below(static_cast<uint32_t>(tile.outputs));
        if (tile.sums[row * tile.sums_stride + output] == ReferenceSum(kernel_, tile, row, output)) continue;
        throw Error("parity check failed: " + kernel_.name + " (" + target + ", " +
                    std::to_string(matrix_.shape.outputs) + "x" + std::to_string(matrix_.shape.inputs) + ", " +
                    std::to_string(rows_) + " rows) is not the reference's; no speed of a wrong result is printed");
      }
    }
  }

  double operations() const {
    return 2.0 * static_cast<double>(matrix_.shape.outputs) * static_cast<double>(matrix_.shape.inputs) *
           static_cast<double>(rows_);
  }
  double weight_bytes() const { return static_cast<double>(matrix_.bytes); }

 private:
  Product Tile(size_t tile) {
    const size_t first = tile * tile_outputs_;
    Product p;
    p.outputs = std::min(tile_outputs_, matrix_.shape.outputs - first);
    p.inputs = matrix_.shape.inputs;
    p.geometry = matrix_.geometry;
    p.weights = weights_;
    p.first = first;
    p.q = x_.q;
    p.q_stride = x_.stride;
    p.q_sums = x_.sums.data();
    p.rows = rows_;
    p.sums = scratch_.data();
    for (size_t i = 0; i < kept_.size(); ++i) {
      if (kept_tiles_[i] == tile) p.sums = kept_[i].data();
    }
    p.sums_stride = tile_outputs_;
    return p;
  }

  const ProductKernel& kernel_;
  Matrix& matrix_;
  size_t rows_;
  Activations x_;
  BenchRandom random_;
  size_t tile_outputs_ = 0;
  const uint8_t* weights_ = nullptr;  // of the last Run
  std::vector<int32_t> scratch_;
  std::array<size_t, 3> kept_tiles_ = {};
  std::array<std::vector<int32_t>, 3> kept_;
};

// What one thread can do at most at this moment, because neighbours come and go: taken before and after each kernel, in
// pieces as long as its calls, so that a busy machine interrupts both alike.
class LimitNow {
 public:
  LimitNow(const kernels::Kernels& kernels, const ReadBuffer& buffer, kernels::ReadManner manner, bool quick)
      : kernels_(kernels), buffer_(buffer), manner_(manner), effort_{quick ? size_t{1} : size_t{5}, 500, 0.08} {}

  // For calls that read so many bytes.
  void TakeReading(size_t bytes) {
    const size_t piece = std::min(RoundUp(bytes, kAlignment), buffer_.size());
    rates_.push_back(Measure(
                         effort_, static_cast<double>(piece),
                         [&] { at_ = at_ + 2 * piece > buffer_.size() ? 0 : at_ + piece; },
                         [&] { sum_ += kernels_.read_sum(buffer_.data() + at_, piece, manner_); })
                         .median);
  }
  // For calls that take so many seconds.
  void TakeProducts(double seconds) {
    Multiplier multiplier(kernels_, 1, std::min(seconds, 0.03));
    rates_.push_back(Measure(
                         effort_, multiplier.operations(), [] {}, [&] { multiplier.Multiply(); })
                         .median);
  }
  // Bytes or operations per second: the higher of those taken since the last call, so that it is not understated.
  double Highest() {
    const double highest = *std::max_element(rates_.begin(), rates_.end());
    rates_.clear();
    return highest;
  }

 private:
  const kernels::Kernels& kernels_;
  const ReadBuffer& buffer_;
  kernels::ReadManner manner_;
  Effort effort_;
  size_t at_ = 0;
  uint64_t sum_ = 0;
  std::vector<double> rates_;
};

// Eight times the last cache, where the system says how large it is.
size_t WalkBytes(size_t most) {
  long cache = 0;
#ifdef _SC_LEVEL3_CACHE_SIZE
  cache = sysconf(_SC_LEVEL3_CACHE_SIZE);
#endif
  return std::min(most, std::max(size_t{256} << 20, 8 * static_cast<size_t>(std::max(0L, cache))));
}

}  // namespace

std::vector<KernelSpeed> MeasureKernels(const kernels::Kernels& kernels, Limits& limits, bool quick) {
  const std::span<const Shape> shapes = quick ? std::span<const Shape>(kQuickShapes) : kShapes;
  const std::span<const size_t> many_rows = quick ? std::span<const size_t>(kQuickRows) : kRows;
  const size_t one_row[] = {1};
  const Effort effort = quick ? Effort{1, 2, 0.0} : Effort{5, 2000, 0.25};
  const auto buffer = limits.MakeBuffer(1);
  LimitNow limit(kernels, *buffer, limits.BestRead(1).manner, quick);
  std::vector<KernelSpeed> speeds;
  const std::vector<ProductKernel> all = ProductKernels(kernels);
  for (const Storage storage : {Storage::kT2, Storage::kT5, Storage::kLut, Storage::kI8}) {
    for (const Shape shape : shapes) {
      Matrix matrix(storage, shape, WalkBytes(limits.buffer_bytes()));
      for (const ProductKernel& kernel : all) {
        if (kernel.weights != storage) continue;
        for (const size_t rows : kernel.many_rows ? many_rows : std::span<const size_t>(one_row)) {
          ProductRun run(kernel, matrix, rows);
          const double start = SecondsNow();
          run.Run();
          const double seconds = SecondsNow() - start;
          const auto take_limit = [&] { rows == 1 ? limit.TakeReading(matrix.bytes) : limit.TakeProducts(seconds); };
          take_limit();
          const Rate rate = Measure(
              effort, run.operations(), [] {}, [&] { run.Run(); });
          take_limit();
          run.Check(kernels.target);
          KernelSpeed speed{kernel.name, rows, shape.outputs, shape.inputs, rate, 0.0, 0.0};
          speed.weight_bytes_per_s = rate.median / run.operations() * run.weight_bytes();
          speed.share = (rows == 1 ? speed.weight_bytes_per_s : rate.median) / limit.Highest();
          speeds.push_back(speed);
        }
      }
    }
  }
  return speeds;
}

}  // namespace tritwise

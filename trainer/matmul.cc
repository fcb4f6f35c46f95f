#include "trainer/matmul.h"

#include <omp.h>

#include <compare>
#include <dnnl.hpp>
#include <map>
#include <unordered_map>
#include <vector>

#include "trainer/profile.h"

namespace tritwise {
namespace {

using dnnl::memory;

// oneDNN plans a primitive for the number of threads that OpenMP has when it is made. Ours are run by one
// worker each, inside a parallel region.
class OneThread {
 public:
  OneThread() : before_(omp_get_max_threads()) { omp_set_num_threads(1); }
  ~OneThread() { omp_set_num_threads(before_); }
  OneThread(const OneThread&) = delete;
  OneThread& operator=(const OneThread&) = delete;

 private:
  int before_;
};

memory::desc Describe(size_t rows, size_t cols, size_t stride, bool transposed, memory::data_type type) {
  const auto r = static_cast<memory::dim>(rows);
  const auto c = static_cast<memory::dim>(cols);
  const auto s = static_cast<memory::dim>(stride);
  return {{r, c}, type, transposed ? memory::dims{1, s} : memory::dims{s, 1}};
}

}  // namespace

// Everything that a primitive is made for.
struct Matmul::Product {
  size_t m = 0, n = 0, k = 0;
  size_t a_stride = 0, b_stride = 0, c_stride = 0;
  bool a_transposed = false, b_transposed = false;
  bool accumulate = false;
  bool int8 = false;

  auto operator<=>(const Product&) const = default;  // NOLINT(modernize-use-nullptr): not there, as the check thinks
};

struct Matmul::Cache {
  struct Entry {
    dnnl::matmul primitive;
    memory a, b, c, scratch;
    std::unordered_map<int, memory> arguments;  // the four
  };

  dnnl::engine engine{dnnl::engine::kind::cpu, 0};
  dnnl::stream stream{engine};
  std::map<Product, Entry> entries;
  std::vector<std::byte> scratch;

  Entry Make(const Product& p, ComputeType type) {
    const OneThread one_thread;
    const auto operand = p.int8                       ? memory::data_type::s8
                         : type == ComputeType::kBf16 ? memory::data_type::bf16
                                                      : memory::data_type::f32;
    const auto a = Describe(p.m, p.k, p.a_stride, p.a_transposed, operand);
    const auto b = Describe(p.k, p.n, p.b_stride, p.b_transposed, operand);
    const auto c = Describe(p.m, p.n, p.c_stride, false, memory::data_type::f32);
    dnnl::primitive_attr attributes;
    attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
    if (p.accumulate) {
      dnnl::post_ops post;
      post.append_sum(1.0f);
      attributes.set_post_ops(post);
    }
#if DNNL_VERSION_MAJOR >= 3
    const dnnl::matmul::primitive_desc plan(engine, a, b, c, attributes);
#else
    const dnnl::matmul::primitive_desc plan(dnnl::matmul::desc(a, b, c), attributes, engine);
#endif
    const auto scratchpad = plan.scratchpad_desc();
    if (scratchpad.get_size() > scratch.size()) scratch.resize(scratchpad.get_size());
    Entry entry{dnnl::matmul(plan),         memory(a, engine, nullptr),          memory(b, engine, nullptr),
                memory(c, engine, nullptr), memory(scratchpad, engine, nullptr), {}};
    entry.arguments = {{DNNL_ARG_SRC, entry.a},
                       {DNNL_ARG_WEIGHTS, entry.b},
                       {DNNL_ARG_DST, entry.c},
                       {DNNL_ARG_SCRATCHPAD, entry.scratch}};
    return entry;
  }
};

Matmul::Matmul(ComputeType type) : type_(type), cache_(std::make_unique<Cache>()) {}
Matmul::~Matmul() = default;

void Matmul::Run(size_t m, size_t n, size_t k, const MatrixView& a, const MatrixView& b, float* c, size_t c_stride,
                 bool accumulate) {
  Execute({m, n, k, a.stride, b.stride, c_stride, a.transposed, b.transposed, accumulate, false}, a.data, b.data, c);
}

void Matmul::RunInt8(size_t m, size_t n, size_t k, const int8_t* a, const int8_t* b, float* c) {
  Execute({m, n, k, k, k, n, false, true, false, true}, a, b, c);
}

void Matmul::Execute(const Product& product, const void* a, const void* b, float* c) {
  auto found = cache_->entries.find(product);
  if (found == cache_->entries.end()) found = cache_->entries.emplace(product, cache_->Make(product, type_)).first;
  Cache::Entry& entry = found->second;
  const Stopwatch watch;
  // oneDNN's handles are not const, the operands are not written.
  entry.a.set_data_handle(const_cast<void*>(a));
  entry.b.set_data_handle(const_cast<void*>(b));
  entry.c.set_data_handle(c);
  entry.scratch.set_data_handle(cache_->scratch.data());
  entry.primitive.execute(cache_->stream, entry.arguments);
  cache_->stream.wait();
  work_.seconds += watch.Seconds();
  work_.flops += 2.0 * static_cast<double>(product.m) * static_cast<double>(product.n) * static_cast<double>(product.k);
}

ComputeType BestComputeType() {
  const auto isa = dnnl::get_effective_cpu_isa();
  return isa == dnnl::cpu_isa::avx512_core_bf16 || isa == dnnl::cpu_isa::avx512_core_amx ? ComputeType::kBf16
                                                                                         : ComputeType::kF32;
}

bool HasInt8Products() {
  const auto isa = dnnl::get_effective_cpu_isa();
  return isa == dnnl::cpu_isa::avx512_core_vnni || isa == dnnl::cpu_isa::avx512_core_bf16 ||
         isa == dnnl::cpu_isa::avx512_core_amx;
}

std::string MatmulDescription() {
  const dnnl_version_t* version = dnnl_version();
  std::string text = "oneDNN " + std::to_string(version->major) + "." + std::to_string(version->minor) + "." +
                     std::to_string(version->patch);
  return text + (BestComputeType() == ComputeType::kBf16 ? ", bf16 products" : ", f32 products");
}

}  // namespace tritwise

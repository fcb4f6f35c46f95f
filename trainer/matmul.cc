#include "trainer/matmul.h"

#include <omp.h>

#include <array>
#include <dnnl.hpp>
#include <map>
#include <vector>

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

struct Matmul::Cache {
  using Key = std::array<size_t, 8>;
  struct Entry {
    dnnl::matmul primitive;
    memory a, b, c, scratch;
  };

  dnnl::engine engine{dnnl::engine::kind::cpu, 0};
  dnnl::stream stream{engine};
  std::map<Key, Entry> entries;
  std::vector<std::byte> scratch;

  Entry Make(const Key& key, ComputeType type) {
    const OneThread one_thread;
    const auto operand = type == ComputeType::kBf16 ? memory::data_type::bf16 : memory::data_type::f32;
    const auto a = Describe(key[0], key[2], key[3], key[4] != 0, operand);
    const auto b = Describe(key[2], key[1], key[5], key[6] != 0, operand);
    const auto c = Describe(key[0], key[1], key[7] / 2, false, memory::data_type::f32);
    dnnl::primitive_attr attributes;
    attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
    if (key[7] % 2 != 0) {
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
    return {dnnl::matmul(plan), memory(a, engine, nullptr), memory(b, engine, nullptr), memory(c, engine, nullptr),
            memory(scratchpad, engine, nullptr)};
  }
};

Matmul::Matmul(ComputeType type) : type_(type), cache_(std::make_unique<Cache>()) {}
Matmul::~Matmul() = default;

void Matmul::Run(size_t m, size_t n, size_t k, const MatrixView& a, const MatrixView& b, float* c, size_t c_stride,
                 bool accumulate) {
  // The result's stride and the flag share the last place.
  const Cache::Key key = {m, n, k, a.stride, a.transposed, b.stride, b.transposed, c_stride * 2 + accumulate};
  auto found = cache_->entries.find(key);
  if (found == cache_->entries.end()) found = cache_->entries.emplace(key, cache_->Make(key, type_)).first;
  Cache::Entry& entry = found->second;
  // oneDNN's handles are not const, the operands are not written.
  entry.a.set_data_handle(const_cast<void*>(a.data));
  entry.b.set_data_handle(const_cast<void*>(b.data));
  entry.c.set_data_handle(c);
  entry.scratch.set_data_handle(cache_->scratch.data());
  entry.primitive.execute(cache_->stream, {{DNNL_ARG_SRC, entry.a},
                                           {DNNL_ARG_WEIGHTS, entry.b},
                                           {DNNL_ARG_DST, entry.c},
                                           {DNNL_ARG_SCRATCHPAD, entry.scratch}});
  cache_->stream.wait();
}

ComputeType BestComputeType() {
  const auto isa = dnnl::get_effective_cpu_isa();
  return isa == dnnl::cpu_isa::avx512_core_bf16 || isa == dnnl::cpu_isa::avx512_core_amx ? ComputeType::kBf16
                                                                                         : ComputeType::kF32;
}

std::string MatmulDescription() {
  const dnnl_version_t* version = dnnl_version();
  std::string text = "oneDNN " + std::to_string(version->major) + "." + std::to_string(version->minor) + "." +
                     std::to_string(version->patch);
  return text + (BestComputeType() == ComputeType::kBf16 ? ", bf16 products" : ", f32 products");
}

}  // namespace tritwise

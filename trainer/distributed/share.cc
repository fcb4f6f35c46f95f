#include "trainer/distributed/share.h"

#include <cstring>

#include "format/checksum.h"
#include "trainer/distributed/together.h"
#include "trainer/error_status.h"

namespace tritwise {
namespace {

constexpr size_t kSampleOfData = 64;  // items that ranks compare

template <class T>
uint64_t ChecksumOf(const std::vector<T>& values) {
  return Checksum(std::as_bytes(std::span(values)));
}

}  // namespace

void ShareDescription(Communicator& ranks, ModelDescription& description) {
  if (ranks.ranks() == 1) return;
  std::string text;
  if (ranks.is_first()) {
    const std::vector<std::byte> bytes = SerialiseDescription(description);
    text.assign(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  }
  text = BroadcastText(ranks, text);
  // A FlatBuffer must be aligned.
  std::vector<std::byte> bytes(text.size());
  std::memcpy(bytes.data(), text.data(), text.size());
  if (!ranks.is_first()) description = ValueOrThrow(ParseDescription(bytes, "rank 0's network"));
}

void ShareState(Communicator& ranks, Checkpoint& checkpoint) {
  if (ranks.ranks() == 1) return;
  TrainState& state = checkpoint.state;
  struct Counters {
    int64_t step, optimiser_steps, second_moment_steps;
    uint64_t data_position, weights;
    LossGuard::Memory losses;
  } counters = {state.step,          state.optimiser_steps, state.second_moment_steps,
                state.data_position, state.weights.size(),  checkpoint.losses};
  const auto request = ranks.Broadcast(std::as_writable_bytes(std::span(&counters, 1)));
  WaitFor(*request);
  state.step = counters.step;
  state.optimiser_steps = counters.optimiser_steps;
  state.second_moment_steps = counters.second_moment_steps;
  state.data_position = counters.data_position;
  checkpoint.losses = counters.losses;
  for (std::vector<float>* values : {&state.weights, &state.first_moment, &state.second_moment}) {
    values->resize(counters.weights);
    BroadcastFloats(ranks, *values);
  }
}

void CheckSameData(Communicator& ranks, Dataset& dataset) {
  if (ranks.ranks() == 1) return;
  const TrainBatch sample = dataset.Training(0, kSampleOfData);
  const std::vector<uint64_t> parts = {dataset.training_rows(), ChecksumOf(sample.tokens), ChecksumOf(sample.features),
                                       ChecksumOf(sample.targets)};
  CheckSame(ranks, ChecksumOf(parts), "other training data (at the same path of its host)");
}

void CheckSameWeights(Communicator& ranks, const TrainState& state) {
  if (ranks.ranks() == 1) return;
  CheckSame(ranks, ChecksumOf(state.weights), "other weights after step " + std::to_string(state.step));
}

std::string WorkersText(int ranks, int threads) {
  const std::string each = std::to_string(threads) + (threads == 1 ? " thread" : " threads");
  return ranks == 1 ? each : std::to_string(ranks) + " ranks, " + each + " each";
}

}  // namespace tritwise

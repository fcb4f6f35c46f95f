// What every rank of a run must have alike, and gets from rank 0: the network and its vocabulary, the numbers
// to begin with. Only rank 0 reads the run's folder; the data every rank reads for itself.
#pragma once

#include <string>

#include "format/model_file.h"
#include "trainer/checkpoint.h"
#include "trainer/data/dataset.h"
#include "trainer/distributed/communicator.h"

namespace tritwise {

void ShareDescription(Communicator& ranks, ModelDescription& description);
// The state, and what the guard of the loss remembers.
void ShareState(Communicator& ranks, Checkpoint& checkpoint);

// Throw Error in every rank where one has something else than rank 0. The data are told by a sample of them.
void CheckSameData(Communicator& ranks, Dataset& dataset);
void CheckSameWeights(Communicator& ranks, const TrainState& state);

// "2 ranks, 4 threads each", "3 threads": what decides in which order a run's sums are added up.
std::string WorkersText(int ranks, int threads);

}  // namespace tritwise

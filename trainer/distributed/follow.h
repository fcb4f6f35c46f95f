// How the other ranks learn what rank 0 does: it alone reads arguments, recipes, studies and folders, and says
// each run that it begins to the others, which join until it says that no more will come.
#pragma once

#include "trainer/distributed/communicator.h"
#include "trainer/run.h"

namespace tritwise {

// In rank 0. With one rank, nothing.
void AnnounceRun(Communicator& ranks, const RunOptions& options);
void AnnounceEnd(Communicator& ranks);

// In the others: joins what rank 0 begins. Of `options` the recipe, the folder and where to stop are rank 0's.
void FollowRuns(RunOptions options);

}  // namespace tritwise

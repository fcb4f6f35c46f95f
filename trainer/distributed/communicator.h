// What the ranks of a data-parallel run say to each other: sums, broadcasts, and nothing else.
//
// A rank is one process of the run; rank 0 is the one that writes. Operations only start here and are asked
// later whether they are over, so that sums run beside a backward pass and long waits need not burn a core.
// Every rank starts the same operations in the same order, from one thread at a time. One rank is a run of
// its own and needs no MPI (one_rank.cc); several talk through MPI (mpi_ranks.cc, the only file that knows it).
#pragma once

#include <cstddef>
#include <memory>
#include <span>

namespace tritwise {

// An operation under way; its memory belongs to it until it is done. Destroying it before that is for runs
// that end anyway.
class RankRequest {
 public:
  virtual ~RankRequest() = default;
  virtual bool Done() = 0;  // moves the operation on; throws Error where it failed
};

class Communicator {
 public:
  virtual ~Communicator() = default;

  virtual int rank() const = 0;
  virtual int ranks() const = 0;
  virtual int local_ranks() const = 0;  // on this host, with this one
  bool is_first() const { return rank() == 0; }

  // Adds up the values of all ranks, in place, to the same bits in every rank. Every rank gives as many.
  virtual std::unique_ptr<RankRequest> Sum(std::span<float> values) = 0;
  virtual std::unique_ptr<RankRequest> Sum(std::span<double> values) = 0;
  // Gives every rank the bytes of rank 0. Every rank gives room for as many.
  virtual std::unique_ptr<RankRequest> Broadcast(std::span<std::byte> bytes) = 0;

  // After the last operation, in every rank; nothing may follow. A rank that ends by an error does not come here: it
  // just exits, and mpirun ends the others.
  virtual void Close() = 0;
};

// A run of one process.
Communicator& OneRank();

// How many ranks mpirun (or another starter) says there are; 0: this process was not started as a rank.
int StartedRanks();
// True where this build has MPI.
bool HasMpi();
// The ranks that this process was started among, or one rank alone. Throws Error: ranks without MPI in the
// build, or an MPI that serves one thread only.
Communicator& StartedAmong();

}  // namespace tritwise

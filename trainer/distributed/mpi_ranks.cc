// Ranks that talk through MPI: the only file that includes its header.
//
// Asks for MPI_THREAD_SERIALIZED: during a step the exchange's thread calls MPI, otherwise the main thread.
#include <mpi.h>

#include <algorithm>
#include <string>

#include "trainer/distributed/communicator.h"
#include "trainer/error.h"

namespace tritwise {
namespace {

// MPI counts with int. More goes in several operations.
constexpr size_t kMostElements = size_t{1} << 30;

void Check(int result, const char* what) {
  if (result == MPI_SUCCESS) return;
  char text[MPI_MAX_ERROR_STRING] = {};
  int length = 0;
  MPI_Error_string(result, text, &length);
  throw Error(std::string("MPI cannot ") + what + ": " + std::string(text, static_cast<size_t>(length)));
}

class MpiRequest : public RankRequest {
 public:
  bool Done() override {
    int flag = 0;
    Check(MPI_Test(&request, &flag, MPI_STATUS_IGNORE), "go on with an operation");
    return flag != 0;
  }
  MPI_Request request = MPI_REQUEST_NULL;
};

class MpiRanks : public Communicator {
 public:
  MpiRanks() {
    int provided = MPI_THREAD_SINGLE;
    Check(MPI_Init_thread(nullptr, nullptr, MPI_THREAD_SERIALIZED, &provided), "start");
    if (provided < MPI_THREAD_SERIALIZED) {
      throw Error("this MPI serves one thread only (MPI_THREAD_SERIALIZED is needed): build it with threads");
    }
    MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank_);
    MPI_Comm_size(MPI_COMM_WORLD, &ranks_);
    MPI_Comm local = MPI_COMM_NULL;
    Check(MPI_Comm_split_type(MPI_COMM_WORLD, MPI_COMM_TYPE_SHARED, rank_, MPI_INFO_NULL, &local),
          "find the ranks of this host");
    MPI_Comm_size(local, &local_ranks_);
    MPI_Comm_free(&local);
  }

  int rank() const override { return rank_; }
  int ranks() const override { return ranks_; }
  int local_ranks() const override { return local_ranks_; }

  std::unique_ptr<RankRequest> Sum(std::span<float> values) override {
    return InPieces(values, [](std::span<float> piece, MPI_Request* request) {
      return MPI_Iallreduce(MPI_IN_PLACE, piece.data(), static_cast<int>(piece.size()), MPI_FLOAT, MPI_SUM,
                            MPI_COMM_WORLD, request);
    });
  }
  std::unique_ptr<RankRequest> Sum(std::span<double> values) override {
    return InPieces(values, [](std::span<double> piece, MPI_Request* request) {
      return MPI_Iallreduce(MPI_IN_PLACE, piece.data(), static_cast<int>(piece.size()), MPI_DOUBLE, MPI_SUM,
                            MPI_COMM_WORLD, request);
    });
  }
  std::unique_ptr<RankRequest> Broadcast(std::span<std::byte> bytes) override {
    return InPieces(bytes, [](std::span<std::byte> piece, MPI_Request* request) {
      return MPI_Ibcast(piece.data(), static_cast<int>(piece.size()), MPI_BYTE, 0, MPI_COMM_WORLD, request);
    });
  }

  void Close() override { MPI_Finalize(); }

 private:
  // Starts one operation, after finishing those before it where the values are too many for one.
  template <class T, class Start>
  static std::unique_ptr<RankRequest> InPieces(std::span<T> values, Start start) {
    auto request = std::make_unique<MpiRequest>();
    do {
      const auto piece = values.first(std::min(values.size(), kMostElements));
      values = values.subspan(piece.size());
      Check(start(piece, &request->request), "start an operation");
      if (!values.empty()) Check(MPI_Wait(&request->request, MPI_STATUS_IGNORE), "finish an operation");
    } while (!values.empty());
    return request;
  }

  int rank_ = 0;
  int ranks_ = 1;
  int local_ranks_ = 1;
};

}  // namespace

bool HasMpi() { return true; }

Communicator& StartedAmong() {
  if (StartedRanks() == 0) return OneRank();
  static MpiRanks ranks;
  return ranks;
}

}  // namespace tritwise

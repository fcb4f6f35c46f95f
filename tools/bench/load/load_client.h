// One client of a load test: a connection of its own, one request at a time.
//
// A server that is full is asked again after the time that it names, a connection that broke is made again; what the
// request costs by then is counted from its arrival.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tools/bench/load/load_tally.h"
#include "tools/bench/load/workload.h"
#include "tools/client/client.h"

namespace tritwise {

enum class Reading : uint8_t {
  kFast,
  kByCredit,  // lets the server send a few deltas at a time
  kInPauses   // reads nothing for a while, then all that is there
};

class LoadClient {
 public:
  // `workload` and `tally` must outlive it. `patience`: after which a request without an end is an error.
  LoadClient(ClientOptions options, Reading reading, const Workload& workload, Milliseconds patience, LoadTally* tally);

  bool free() const { return !current_; }
  // Only where it is free.
  void Begin(const PlannedRequest& request, Clock::time_point arrival);
  // Does what can be done without waiting.
  void Advance();
  // When there is something to do though nothing comes.
  Clock::time_point next() const;
  // False in a pause: what comes is not looked at.
  bool listening() const { return listening_; }
  // The test ends here. Flush: false while something is left to be sent, what cancels a request for one.
  void Abandon();
  bool Flush();

  std::vector<int> descriptors() const { return client_.descriptors(); }
  uint64_t repetitions() const { return client_.repetitions(); }

 private:
  struct Current {
    PlannedRequest plan;
    std::string id;
    Clock::time_point arrival;
    std::optional<Clock::time_point> again;  // the server was full until then
    std::optional<Clock::time_point> cancel_at;
    std::optional<Clock::time_point> grant_at;
    std::optional<Clock::time_point> last_delta;
    bool cancelled = false;
    std::vector<int32_t> ids;
  };

  void Ask();
  void DoWhatIsDue(Clock::time_point now);
  void Take(const Reply& reply, Clock::time_point now);
  void TakeDelta(const Json& delta, Clock::time_point now);
  void TakeFinish(const Json& finish, Clock::time_point now);
  void TakeError(const Json& error, Clock::time_point now);
  void Cancel();
  void Fail(const std::string& code);

  Client client_;
  Reading reading_;
  const Workload& workload_;
  Milliseconds patience_;
  LoadTally* tally_;
  std::optional<Current> current_;
  Clock::time_point paused_until_ = {};
  bool listening_ = true;
};

}  // namespace tritwise

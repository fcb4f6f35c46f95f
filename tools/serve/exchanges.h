// Requests that compute, from their arrival to a minute after their end: whom the replies go to, what was sent so far,
// and what waits to be sent. So a client that repeats a request is answered from here. Knows no sockets.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "tools/serve/job.h"
#include "tools/serve/request_fields.h"

namespace tritwise::serve {

// Whose a request is: the key's name ("" without CURVE), and the client that it gave, or else its connection.
struct Owner {
  std::string user;
  std::string client;
  bool returns = false;  // gave a client: it can come back
};

struct Exchange {
  JobId job = 0;
  Owner owner;
  std::string id;
  std::string type;
  bool control = false;  // the socket that replies go to
  std::string route;     // of its connection
  size_t content = 0;    // hash of the request
  bool work = true;      // counts for what a key may have under way; only that can be said again
  Clock::time_point arrived = {};
  Clock::time_point heard = {};  // by its connection, last
  Clock::time_point deadline = Clock::time_point::max();
  std::optional<Clock::time_point> first_token;

  uint64_t seq = 0;                                // of the next delta
  int64_t credit = kNoLimit;                       // deltas that its client still takes
  std::optional<Clock::time_point> out_of_credit;  // since when
  std::string text;                                // so far, where the client can come back
  std::vector<int32_t> ids;
  std::deque<std::string> outbox;             // replies that the connection had no room for
  std::optional<Clock::time_point> blocked;   // since when
  std::optional<Clock::time_point> detached;  // since when the connection is gone
  Json last;                                  // the reply that ended it; null while it is under way
  Clock::time_point ended = {};

  bool done() const { return !last.is_null(); }
  // What ended with an error is computed again when it is said again.
  bool failed() const { return done() && last["type"] == "error"; }
};

class Exchanges {
 public:
  // How long a client can come back, and what is kept of ended ones in all.
  static constexpr std::chrono::seconds kReturn{60};
  static constexpr size_t kMostEnded = 1024;

  Exchange& Add(Exchange exchange);
  // Null where there is none.
  Exchange* Find(JobId job);
  Exchange* Find(const Owner& owner, const std::string& id);
  void Erase(JobId job);

  // Work under way, of a user.
  size_t UnderWay(const std::string& user) const;
  size_t UnderWay() const;

  template <class Visit>
  void ForEach(const Visit& visit) {
    for (auto& [job, exchange] : by_job_) visit(exchange);
  }
  // Forgets what ended too long ago, or immediately where it failed or its client cannot come back.
  void Expire(Clock::time_point now);

 private:
  using Name = std::tuple<std::string, std::string, std::string>;
  static Name NameOf(const Owner& owner, const std::string& id) { return {owner.user, owner.client, id}; }

  std::map<JobId, Exchange> by_job_;  // in the order of arrival
  std::map<Name, JobId> by_name_;
};

}  // namespace tritwise::serve

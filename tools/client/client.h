// A client of `tritwise serve` (docs/protocol.md): many requests at once, from one thread.
//
// Send and Poll never wait longer than they are told; Ask and Generate wait for their reply. A connection that breaks
// is made again and the requests under way are said again, so their text goes on where it was. What the server refuses
// comes as a reply of type `error`, as does a server that cannot be reached (code `unreachable`); Ask and Generate
// throw it. An object belongs to one thread: only Wake may be called from others. The connection for control is made
// when it is first needed.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tools/client/address.h"
#include "tools/client/channel.h"
#include "tools/output.h"
#include "tools/serve/protocol.h"
#include "tools/serve/wake_up.h"

namespace tritwise {

struct ClientOptions {
  Address address;
  std::optional<Curve> curve;
  Milliseconds give_up{5000};  // how long a request may find no connection
  // For many clients in one thread: ZeroMQ's threads are the context's. Null: one of its own.
  std::shared_ptr<zmq::context_t> context;
  // Replies that may wait here when nobody takes them: then they wait at the server. 0: no limit.
  int receive_queue = 0;
  // Requests are said again when their connection broke. Otherwise they end then, code `unreachable`, and the server
  // cancels them.
  bool repeats = true;
  size_t most_bytes = static_cast<size_t>(serve::kMessageBytes);  // that the server takes
};

class Client {
 public:
  // Throws Error. Does not wait for a connection.
  explicit Client(const ClientOptions& options);
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  // Returns the request's id; one is made where it has none. Throws Error where the message is larger than a server
  // takes. What computes goes to the work socket, everything else to the control socket.
  std::string Send(Json request, std::string binary = {});
  // Replies in the order in which they came; none where the time is over, a signal came or Wake was called.
  std::vector<Reply> Poll(Milliseconds timeout);
  // The same without waiting and without looking for Wake: for who waits for many clients or other things by himself,
  // with ZeroMQ's poll or for the descriptors to be readable, until the time is there. They change with connections.
  std::vector<Reply> Take();
  void AddPollItems(std::vector<zmq::pollitem_t>* items);
  std::vector<int> descriptors() const;
  std::optional<Clock::time_point> NextTimeout() const;
  // The request ends by itself, with the reason `cancelled`.
  void Cancel(const std::string& id);
  // The request may send so many deltas more.
  void Grant(const std::string& id, int64_t deltas);
  // As Cancel, but no reply of it comes any more.
  void Drop(const std::string& id);
  void Wake();
  // How often a request was said again because a connection broke.
  uint64_t repetitions() const;

  // Both connections, which are made if there is none yet.
  bool connected();
  // Why there is no connection.
  std::string Unreachable();

  // The one reply. Replies to other requests stay for Poll. Throws Error.
  Json Ask(Json request, Milliseconds timeout);
  // Calls on_delta with each delta; returns `finish`. Where on_delta returns false the request is cancelled, and it is
  // asked at least ten times a second (with null where nothing came). Throws Error.
  Json Generate(Json request, const std::function<bool(const Json* delta)>& on_delta);

 private:
  Channel& ChannelFor(const std::string& type);
  Channel& Control();
  std::string SendOver(Channel& channel, Json request, std::string binary);
  // Takes the replies to `cancel` and `credit` out.
  void FollowCancelling(std::vector<Reply>* replies);

  ClientOptions options_;
  std::string token_;  // the `client` of all its requests; empty where they are not said again
  uint64_t requests_ = 0;
  std::shared_ptr<zmq::context_t> context_;
  serve::WakeUp wake_;
  Channel work_;
  std::optional<Channel> control_;
  std::vector<Reply> kept_;                     // for the next Poll
  std::map<std::string, std::string> cancels_;  // id of a `cancel` to what it cancels, of a `credit` to nothing
};

// A reply of type `error` as a line.
std::string ErrorText(const Json& reply);

}  // namespace tritwise

// Between HTTP and ZeroMQ: one thread owns the client, and carries what the threads of HTTP requests hand to it.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "tools/client/client.h"

namespace tritwise {

// One request and its replies, shared by the thread that waits for them and the one that brings them.
class Call {
 public:
  // The next reply; none where it takes longer than this.
  std::optional<Reply> Next(Milliseconds timeout);
  void Put(Reply reply);

 private:
  friend class Bridge;
  std::string id_;  // the bridge's thread's own
  std::mutex mutex_;
  std::condition_variable came_;
  std::deque<Reply> replies_;
};

class Bridge {
 public:
  // Throws Error.
  explicit Bridge(const ClientOptions& options);
  // Cancels what is under way.
  ~Bridge();
  Bridge(const Bridge&) = delete;
  Bridge& operator=(const Bridge&) = delete;

  std::shared_ptr<Call> Start(Json request);
  // Nobody waits for its replies any more: the server is told to cancel it.
  void Drop(const std::shared_ptr<Call>& call);
  // Every request ends with what it has.
  void CancelAll();
  // The one reply, or an error reply: with code `unreachable` where there is none in time.
  Json Ask(Json request, Milliseconds timeout);

 private:
  void Do(std::function<void()> work);
  void Run();

  Client client_;                                       // of thread_ alone, but for Wake
  std::map<std::string, std::shared_ptr<Call>> calls_;  // likewise
  std::mutex mutex_;
  std::deque<std::function<void()>> work_;  // for thread_
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace tritwise

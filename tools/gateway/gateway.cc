#include "tools/gateway/gateway.h"

#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <ctime>
#include <map>
#include <string_view>
#include <thread>

#include <httplib.h>
#include <pthread.h>

#include "tools/gateway/generation.h"
#include "tools/gateway/responses.h"
#include "tools/gateway/translate.h"
#include "trainer/error.h"

namespace tritwise {

extern const std::string_view kGatewayPage;
extern const std::string_view kGatewayScript;
extern const std::string_view kGatewayStyle;

namespace {

using httplib::Request;
using httplib::Response;

constexpr Milliseconds kAnswer{3000};  // of short questions to the server

// Everything the page is made of comes from here, and it may talk to nobody else.
const httplib::Headers kHeaders = {
    {"Content-Security-Policy",
     "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; base-uri 'none'; "
     "form-action 'none'; frame-ancestors 'none'"},
    {"X-Content-Type-Options", "nosniff"},
    {"Referrer-Policy", "no-referrer"},
};

// Requests answered, by status.
class Counts {
 public:
  void Add(int status) {
    const std::lock_guard lock(mutex_);
    ++by_status_[status];
  }
  std::string AsPrometheus() {
    const std::lock_guard lock(mutex_);
    std::string text = "# HELP tritwise_gateway_requests_total HTTP requests by status\n";
    text += "# TYPE tritwise_gateway_requests_total counter\n";
    for (const auto& [status, count] : by_status_) {
      text +=
          "tritwise_gateway_requests_total{status=\"" + std::to_string(status) + "\"} " + std::to_string(count) + "\n";
    }
    return text;
  }

 private:
  std::mutex mutex_;
  std::map<int, uint64_t> by_status_;
};

// SIGTERM and SIGINT, in a thread of their own: the first stops taking requests, a second ends at once. Made before any
// other thread is, so that all of them leave the signals alone.
class Signals {
 public:
  Signals() {
    sigemptyset(&set_);
    for (const int signal : {SIGTERM, SIGINT}) sigaddset(&set_, signal);
    pthread_sigmask(SIG_BLOCK, &set_, nullptr);
    std::signal(SIGPIPE, SIG_IGN);
  }
  ~Signals() {
    over_ = true;
    if (thread_.joinable()) thread_.join();
  }
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;

  void Serve(httplib::Server& server, Bridge& bridge, Milliseconds drain) {
    thread_ = std::thread([this, &server, &bridge, drain] {
      while (!over_ && !Came()) continue;
      const auto late = Clock::now() + drain;
      bool cancelled = false;
      while (!over_) {
        server.stop();  // again: one before it listens is lost
        if (Came()) std::_Exit(1);
        if (!cancelled && Clock::now() > late) {
          bridge.CancelAll();
          cancelled = true;
        }
      }
    });
  }

 private:
  bool Came() {
    const timespec wait{0, 100'000'000};
    return sigtimedwait(&set_, nullptr, &wait) > 0;
  }

  sigset_t set_ = {};
  std::atomic<bool> over_ = false;
  std::thread thread_;
};

class Routes {
 public:
  Routes(const GatewayOptions& options, Bridge& bridge) : options_(options), bridge_(bridge) {}

  void AddTo(httplib::Server& server) {
    AddPart(server, "/", kGatewayPage, "text/html; charset=utf-8");
    AddPart(server, "/page.js", kGatewayScript, "text/javascript; charset=utf-8");
    AddPart(server, "/page.css", kGatewayStyle, "text/css; charset=utf-8");
    server.Get("/health", Guarded(false, [this](const Request&, Response& response) { Health(response); }));
    server.Get("/metrics", Guarded(true, [this](const Request&, Response& response) { Metrics(response); }));
    server.Get("/v1/models",
               Guarded(true, [this](const Request&, Response& response) { Put(ModelList(Ask("models")), &response); }));
    for (const Style style : {Style::kCompletion, Style::kChat}) {
      server.Post(style == Style::kChat ? "/v1/chat/completions" : "/v1/completions",
                  Guarded(true, [this, style](const Request& request, Response& response) {
                    AnswerWithText(bridge_, style, options_.max_tokens, request, &response);
                  }));
    }
    server.set_logger([this](const Request&, const Response& response) { counts_.Add(response.status); });
  }

 private:
  using Handler = httplib::Server::Handler;

  void AddPart(httplib::Server& server, const char* path, std::string_view part, const char* type) {
    server.Get(path, Guarded(false, [part, type](const Request&, Response& response) {
                 response.set_header("Cache-Control", "no-cache");
                 response.set_content(part.data(), part.size(), type);
               }));
  }

  // Refuses who may not, and turns HttpError into its answer.
  Handler Guarded(bool with_key, Handler handler) {
    return [this, with_key, handler = std::move(handler)](const Request& request, Response& response) {
      try {
        if (FromElsewhere(request.get_header_value("Host"), request.get_header_value("Origin"),
                          options_.loopback_only)) {
          throw HttpError(403, "invalid_request_error", "forbidden", "requests of other sites are not answered");
        }
        if (with_key && !options_.keys.Allow(request.get_header_value("Authorization"))) {
          throw HttpError(401, "invalid_request_error", "invalid_api_key",
                          "a key is needed: Authorization: Bearer KEY");
        }
        handler(request, response);
      } catch (const HttpError& error) {
        Put(error, &response);
      }
    };
  }

  Json Ask(const char* type) {
    Json reply = bridge_.Ask({{"type", type}}, kAnswer);
    if (reply["type"] == "error") throw FromServerError(reply);
    return reply;
  }

  void Health(Response& response) {
    Json body;
    try {
      const Json health = Ask("health");
      const Json stats = Ask("stats").value("stats", Json::object());
      for (const char* name : {"status", "version", "uptime_s"}) body[name] = health.value(name, Json());
      for (const char* name : {"resident_bytes", "running", "waiting"}) {
        if (stats.contains(name)) body[name] = stats[name];
      }
    } catch (const HttpError& error) {
      body = {{"status", "unreachable"}, {"message", error.what()}};
    }
    response.set_header("Cache-Control", "no-store");
    Put(body, &response, body["status"] == "ok" ? 200 : 503);
  }

  void Metrics(Response& response) {
    const std::string text = Ask("stats").value("prometheus", "");
    response.set_content(text + counts_.AsPrometheus(), "text/plain; version=0.0.4; charset=utf-8");
  }

  const GatewayOptions& options_;
  Bridge& bridge_;
  Counts counts_;
};

void Configure(const GatewayOptions& options, httplib::Server& server) {
  const auto connections = static_cast<size_t>(options.connections);
  server.new_task_queue = [connections] { return new httplib::ThreadPool(connections); };
  // Not SO_REUSEPORT, cpp-httplib's default: a second gateway on the same port would share its requests.
  server.set_socket_options([](socket_t socket) {
    const int yes = 1;
    setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  });
  server.set_payload_max_length(options.body_bytes);
  server.set_default_headers(kHeaders);
  server.set_tcp_nodelay(true);
  server.set_keep_alive_max_count(1000);
  server.set_read_timeout(10);
  server.set_write_timeout(30);
  server.set_error_handler([](const Request&, Response& response) { PutStatus(&response); });
  server.set_exception_handler([](const Request&, Response& response, std::exception_ptr) {
    response.status = 500;
    PutStatus(&response);
  });
}

}  // namespace

void RunGateway(const GatewayOptions& options, const std::function<void(int port)>& on_listening) {
  Signals signals;  // first: see there
  Bridge bridge(options.server);
  Routes routes(options, bridge);
  httplib::Server server;
  Configure(options, server);
  routes.AddTo(server);
  int port = options.port;
  if (port == 0) {
    port = server.bind_to_any_port(options.host);
  } else if (!server.bind_to_port(options.host, port)) {
    port = -1;
  }
  if (port < 0) {
    throw Error("cannot listen on " + options.host + ":" + std::to_string(options.port) +
                ": is it taken, or not ours?");
  }
  on_listening(port);
  signals.Serve(server, bridge, options.drain);
  server.listen_after_bind();
}

}  // namespace tritwise

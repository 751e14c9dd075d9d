// HTTP requests, one at a time from each thread, over connections that are kept.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/cancellation.h"
#include "base/limits.h"

namespace segue::storage {

// With what a request is signed (AWS Signature Version 4).
struct Signature {
  std::string region;
  std::string access_key;
  std::string secret_key;
  std::string session_token;  // or empty
};

struct HttpResponse;

struct HttpRequest {
  std::string method;                     // "GET", "PUT", …
  std::string url;                        // encoded; its query sorted by name
  std::vector<std::string> headers = {};  // "name: value"
  std::string_view body = {};
  std::optional<Signature> signature = {};
  // Where the body of a 2xx answer goes instead of HttpResponse::body. More than this is an error.
  char* to = nullptr;
  size_t most = limits::kWholeObjectBytes;
  // Takes the body of a 2xx answer bit by bit instead; status and headers are known then. What it throws ends the
  // request and is thrown.
  std::function<void(const HttpResponse& begun, std::string_view piece)> receive = {};
  bool follow = false;  // to where the server says that it is, a few times
  // That it is stopped halfway would leave something in doubt: when work is stopped it has limits::kStoppingMillis to
  // end. Others end at once.
  bool finishes = false;
};

struct HttpResponse {
  int status = 0;
  std::map<std::string, std::string> headers;  // by name in small letters
  std::string body;                            // unless HttpRequest::to has it
  size_t bytes = 0;                            // of the body of a 2xx answer, wherever it is
};

// No answer, or no whole one. Whether the server did what was asked is not known.
struct NoAnswer {
  std::string reason;     // "Could not resolve host: …"
  bool hopeless = false;  // trying again would not help
};

struct HttpTimes {
  int connect_millis = limits::kConnectMillis;
  int stall_millis = limits::kStallMillis;  // without a byte in either direction
};

// Safe from any thread.
class HttpClient {
 public:
  explicit HttpClient(HttpTimes times = {});
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  // Any answer is returned, those that tell of errors too. Throws NoAnswer, and Failure(kCancelled) if `cancellation`
  // (may be null) is requested meanwhile; where it was requested before, the request has limits::kStoppingMillis in
  // all: what cleans up after work that was stopped is not refused.
  HttpResponse send(const HttpRequest& request, const Cancellation* cancellation);

 private:
  class Connection;
  std::unique_ptr<Connection> take();
  void give_back(std::unique_ptr<Connection> connection);

  const HttpTimes times_;
  std::mutex lock_;
  std::vector<std::unique_ptr<Connection>> idle_;  // guarded by lock_
};

// Every byte but letters, digits and -_.~ as %XX; a slash too, unless `path`.
std::string percent_encoded(std::string_view text, bool path);

}  // namespace segue::storage

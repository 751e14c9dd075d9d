#include "storage/http.h"

#include <algorithm>
#include <cctype>
#include <chrono>
#include <cstring>
#include <exception>

#include <curl/curl.h>
#include <fmt/format.h>

#include "base/ascii.h"
#include "base/error.h"
#include "storage/digest.h"

namespace segue::storage {
namespace {

using Clock = std::chrono::steady_clock;

// How soon a cancellation is seen while nothing arrives.
constexpr int kLookMillis = 50;

// Kept of an answer that tells of an error.
constexpr size_t kErrorBytes = size_t{64} << 10;

// "127.0.0.1:5000" of "http://127.0.0.1:5000/bucket".
std::string host_of(const std::string& url) {
  size_t begin = url.find("://") + 3;
  return url.substr(begin, url.find_first_of("/?", begin) - begin);
}

// What is being received.
struct Reception {
  CURL* easy;
  const HttpRequest& request;
  HttpResponse response;
  bool too_much = false;
  std::exception_ptr thrown;  // by HttpRequest::receive
};

size_t receive_body(char* data, size_t one, size_t count, void* to) {
  auto& reception = *static_cast<Reception*>(to);
  HttpResponse& response = reception.response;
  size_t bytes = one * count;
  long status = 0;
  curl_easy_getinfo(reception.easy, CURLINFO_RESPONSE_CODE, &status);
  if (status < 200 || status >= 300) {  // tells of an error: its begin is enough
    response.body.append(data, std::min(bytes, kErrorBytes - std::min(kErrorBytes, response.body.size())));
    return bytes;
  }
  if (reception.request.receive) {
    response.status = static_cast<int>(status);
    try {
      reception.request.receive(response, {data, bytes});
    } catch (...) {
      reception.thrown = std::current_exception();
      return 0;
    }
    response.bytes += bytes;
    return bytes;
  }
  if (bytes > reception.request.most - response.bytes) {
    reception.too_much = true;
    return 0;
  }
  if (reception.request.to != nullptr)
    std::memcpy(reception.request.to + response.bytes, data, bytes);
  else
    response.body.append(data, bytes);
  response.bytes += bytes;
  return bytes;
}

size_t receive_header(char* data, size_t one, size_t count, void* to) {
  auto& response = static_cast<Reception*>(to)->response;
  std::string_view line(data, one * count);
  if (line.starts_with("HTTP/")) response.headers.clear();  // an answer before this one: 100 Continue
  size_t colon = line.find(':');
  if (colon == std::string_view::npos) return line.size();
  std::string name = ascii::lower(line.substr(0, colon));
  std::string_view value = line.substr(colon + 1);
  size_t begin = std::min(value.find_first_not_of(" \t"), value.size());
  size_t end = value.find_last_not_of(" \t\r\n") + 1;
  response.headers[name] = std::string(value.substr(begin, std::max(end, begin) - begin));
  return line.size();
}

}  // namespace

// A transfer that may be used again and again, with the connections that it keeps.
class HttpClient::Connection {
 public:
  Connection() : easy_(curl_easy_init()), multi_(curl_multi_init()) {
    if (easy_ == nullptr || multi_ == nullptr) fail(ErrorCode::kLimit, "no memory left for a connection");
  }
  ~Connection() {
    curl_easy_cleanup(easy_);
    curl_multi_cleanup(multi_);
  }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  HttpResponse send(const HttpRequest& request, const HttpTimes& times, const Cancellation* cancellation);

 private:
  struct HeaderList {
    curl_slist* list = nullptr;
    ~HeaderList() { curl_slist_free_all(list); }
    void add(const std::string& header) { list = curl_slist_append(list, header.c_str()); }
  };
  template <class Value>
  void set(CURLoption option, Value value) {
    if (CURLcode code = curl_easy_setopt(easy_, option, value); code != CURLE_OK)
      fail(ErrorCode::kInternal, fmt::format("curl: {}", curl_easy_strerror(code)));
  }
  void prepare(const HttpRequest& request, const HttpTimes& times, HeaderList& headers);
  CURLcode transfer(const HttpRequest& request, const HttpTimes& times, const Cancellation* cancellation);
  int64_t bytes_moved() const;

  CURL* easy_;
  CURLM* multi_;
  char reason_[CURL_ERROR_SIZE] = {};
};

void HttpClient::Connection::prepare(const HttpRequest& request, const HttpTimes& times, HeaderList& headers) {
  curl_easy_reset(easy_);
  reason_[0] = '\0';
  set(CURLOPT_ERRORBUFFER, reason_);
  set(CURLOPT_URL, request.url.c_str());
  set(CURLOPT_PROTOCOLS_STR, "http,https");
  set(CURLOPT_NOSIGNAL, 1L);
  set(CURLOPT_PATH_AS_IS, 1L);  // `a/../b` is a key like any other
  set(CURLOPT_FOLLOWLOCATION, request.follow ? 1L : 0L);
  set(CURLOPT_MAXREDIRS, 5L);
  set(CURLOPT_REDIR_PROTOCOLS_STR, request.url.starts_with("https://") ? "https" : "http,https");
  set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(times.connect_millis));
  if (request.method == "GET") {
    set(CURLOPT_HTTPGET, 1L);
  } else {
    set(CURLOPT_POST, 1L);
    set(CURLOPT_CUSTOMREQUEST, request.method.c_str());
    set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
    set(CURLOPT_POSTFIELDS, request.body.empty() ? "" : request.body.data());
    headers.add("Content-Type: application/octet-stream");
    set(CURLOPT_EXPECT_100_TIMEOUT_MS, 1000L);
  }
  for (const std::string& header : request.headers) headers.add(header);
  if (request.signature) {
    const Signature& signature = *request.signature;
    headers.add("Host: " + host_of(request.url));  // else curl signs a host without its port
    headers.add("x-amz-content-sha256: " + hex(digest(Digest::Kind::kSha256, request.body)));
    if (!signature.session_token.empty()) headers.add("x-amz-security-token: " + signature.session_token);
    set(CURLOPT_AWS_SIGV4, fmt::format("aws:amz:{}:s3", signature.region).c_str());
    set(CURLOPT_USERNAME, signature.access_key.c_str());
    set(CURLOPT_PASSWORD, signature.secret_key.c_str());
  }
  set(CURLOPT_HTTPHEADER, headers.list);
  set(CURLOPT_HEADERFUNCTION, receive_header);
  set(CURLOPT_WRITEFUNCTION, receive_body);
}

int64_t HttpClient::Connection::bytes_moved() const {
  curl_off_t down = 0, up = 0;
  long head = 0;
  curl_easy_getinfo(easy_, CURLINFO_SIZE_DOWNLOAD_T, &down);
  curl_easy_getinfo(easy_, CURLINFO_SIZE_UPLOAD_T, &up);
  curl_easy_getinfo(easy_, CURLINFO_HEADER_SIZE, &head);
  return down + up + head;
}

// REQUIRES: easy_ is in multi_.
CURLcode HttpClient::Connection::transfer(const HttpRequest& request, const HttpTimes& times,
                                          const Cancellation* cancellation) {
  using std::chrono::milliseconds;
  bool stopping = cancellation != nullptr && cancellation->requested();
  Clock::time_point moved_at = Clock::now();
  Clock::time_point until = stopping ? moved_at + milliseconds(limits::kStoppingMillis) : Clock::time_point::max();
  for (int64_t moved = 0;;) {
    int running = 0;
    if (CURLMcode code = curl_multi_perform(multi_, &running); code != CURLM_OK)
      fail(ErrorCode::kInternal, fmt::format("curl: {}", curl_multi_strerror(code)));
    int left = 0;
    if (CURLMsg* message = curl_multi_info_read(multi_, &left)) return message->data.result;
    Clock::time_point now = Clock::now();
    if (!stopping && cancellation != nullptr && cancellation->requested()) {
      if (!request.finishes) cancellation->check();
      stopping = true;
      until = now + milliseconds(limits::kStoppingMillis);
    }
    if (now >= until) {
      if (!request.finishes) cancellation->check();  // it began when the work was stopped already
      throw NoAnswer{"there was no answer before the work was stopped", true};
    }
    if (int64_t by_now = bytes_moved(); by_now != moved) {
      moved = by_now;
      moved_at = now;
    } else if (now - moved_at > milliseconds(times.stall_millis)) {
      throw NoAnswer{fmt::format("no byte came for {} s", static_cast<double>(times.stall_millis) / 1000), false};
    }
    curl_multi_poll(multi_, nullptr, 0, kLookMillis, nullptr);
  }
}

HttpResponse HttpClient::Connection::send(const HttpRequest& request, const HttpTimes& times,
                                          const Cancellation* cancellation) {
  HeaderList headers;
  prepare(request, times, headers);
  Reception reception{easy_, request, {}, false, {}};
  set(CURLOPT_HEADERDATA, &reception);
  set(CURLOPT_WRITEDATA, &reception);
  struct Added {  // until this returns or throws: what it points to lives here
    CURLM* multi;
    CURL* easy;
    ~Added() { curl_multi_remove_handle(multi, easy); }
  };
  curl_multi_add_handle(multi_, easy_);
  Added added{multi_, easy_};
  CURLcode code = transfer(request, times, cancellation);
  if (reception.thrown) std::rethrow_exception(reception.thrown);
  if (reception.too_much) throw NoAnswer{fmt::format("the answer has more than {} bytes", request.most), true};
  if (code != CURLE_OK) {
    bool hopeless = code == CURLE_PEER_FAILED_VERIFICATION || code == CURLE_SSL_CACERT_BADFILE ||
                    code == CURLE_URL_MALFORMAT || code == CURLE_UNSUPPORTED_PROTOCOL;
    throw NoAnswer{reason_[0] != '\0' ? reason_ : curl_easy_strerror(code), hopeless};
  }
  long status = 0;
  curl_easy_getinfo(easy_, CURLINFO_RESPONSE_CODE, &status);
  reception.response.status = static_cast<int>(status);
  return std::move(reception.response);
}

HttpClient::HttpClient(HttpTimes times) : times_(times) {
  static const CURLcode ready = curl_global_init(CURL_GLOBAL_DEFAULT);
  if (ready != CURLE_OK) fail(ErrorCode::kInternal, fmt::format("curl: {}", curl_easy_strerror(ready)));
}
HttpClient::~HttpClient() = default;

std::unique_ptr<HttpClient::Connection> HttpClient::take() {
  {
    std::lock_guard guard(lock_);
    if (!idle_.empty()) {
      std::unique_ptr<Connection> connection = std::move(idle_.back());
      idle_.pop_back();
      return connection;
    }
  }
  return std::make_unique<Connection>();
}

void HttpClient::give_back(std::unique_ptr<Connection> connection) {
  std::lock_guard guard(lock_);
  idle_.push_back(std::move(connection));
}

HttpResponse HttpClient::send(const HttpRequest& request, const Cancellation* cancellation) {
  std::unique_ptr<Connection> connection = take();
  HttpResponse response = connection->send(request, times_, cancellation);
  give_back(std::move(connection));  // after a failure it is closed instead
  return response;
}

std::string percent_encoded(std::string_view text, bool path) {
  std::string encoded;
  for (unsigned char c : text) {
    if (std::isalnum(c) != 0 || c == '-' || c == '_' || c == '.' || c == '~' || (path && c == '/'))
      encoded += static_cast<char>(c);
    else
      encoded += fmt::format("%{:02X}", c);
  }
  return encoded;
}

}  // namespace segue::storage

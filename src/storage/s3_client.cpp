#include "storage/s3_client.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <ctime>
#include <map>
#include <random>
#include <thread>

#include <curl/curl.h>
#include <fmt/format.h>
#include <pugixml.hpp>

#include "base/error.h"

namespace segue::storage {
namespace {

using std::chrono::milliseconds;

// What S3 says of a request that it did not do: <Error><Code>…</Code><Message>…</Message></Error>
struct Refusal {
  std::string code;
  std::string message;
  std::string region;  // the one to ask in
};

Refusal read_refusal(const HttpResponse& response) {
  Refusal refusal;
  pugi::xml_document document;
  if (document.load_buffer(response.body.data(), response.body.size())) {
    pugi::xml_node error = document.child("Error");
    refusal.code = error.child_value("Code");
    refusal.message = error.child_value("Message");
    refusal.region = error.child_value("Region");
  }
  if (auto header = response.headers.find("x-amz-bucket-region"); header != response.headers.end())
    refusal.region = header->second;
  return refusal;
}

bool may_pass(int status, const std::string& code) {
  return status == 408 || status == 429 || status >= 500 || code == "RequestTimeout" || code == "SlowDown" ||
         code == "ConditionalRequestConflict" || code == "OperationAborted";
}

// Each pause is between half and all of twice the one before, so that many who wait do not come back together.
milliseconds pause_before(int attempt, int first_millis) {
  thread_local std::minstd_rand random{std::random_device{}()};
  int most = first_millis << std::min(attempt - 1, 10);
  return milliseconds(most / 2 + static_cast<int>(random() % static_cast<unsigned>(most / 2 + 1)));
}

// For so long, or until the cancellation is requested.
void sleep(milliseconds time, const Cancellation* cancellation) {
  constexpr milliseconds kLook(50);
  for (auto until = std::chrono::steady_clock::now() + time;;) {
    auto left = until - std::chrono::steady_clock::now();
    if (left <= left.zero() || (cancellation != nullptr && cancellation->requested())) return;
    std::this_thread::sleep_for(std::min<std::chrono::nanoseconds>(left, kLook));
  }
}

std::string unescaped(const char* text) {
  std::string result;
  for (const char* c = text; *c != '\0'; ++c) {
    unsigned value = 0;
    if (*c == '%' && c[1] != '\0' && c[2] != '\0' && std::from_chars(c + 1, c + 3, value, 16).ptr == c + 3) {
      result += static_cast<char>(value);
      c += 2;
    } else {
      result += *c == '+' ? ' ' : *c;
    }
  }
  return result;
}

// "2026-11-21T10:00:00.000Z" as ms since 1970; 0 if it is something else.
int64_t parse_time(const char* text) {
  std::tm time = {};
  const char* rest = strptime(text, "%Y-%m-%dT%H:%M:%S", &time);
  if (rest == nullptr) return 0;
  int64_t millis = 0;
  if (*rest == '.') std::from_chars(rest + 1, rest + 4, millis);
  return int64_t{timegm(&time)} * 1000 + millis;
}

std::string header(const HttpResponse& response, const char* name) {
  auto found = response.headers.find(name);
  return found == response.headers.end() ? std::string() : found->second;
}

// "bytes 0-15/1234" -> 1234
std::optional<uint64_t> size_in_range(const std::string& text) {
  size_t slash = text.find('/');
  uint64_t size = 0;
  if (slash == std::string::npos) return std::nullopt;
  const char* end = text.data() + text.size();
  return std::from_chars(text.data() + slash + 1, end, size).ptr == end ? std::optional(size) : std::nullopt;
}

std::string attempts_text(int attempts) { return attempts == 1 ? "1 attempt" : fmt::format("{} attempts", attempts); }

// The root of an answer in XML.
pugi::xml_node parse(pugi::xml_document& document, const HttpResponse& response, const char* root,
                     const std::string& address) {
  if (document.load_buffer(response.body.data(), response.body.size()))
    if (pugi::xml_node node = document.child(root)) return node;
  fail(ErrorCode::kIo, fmt::format("{}: the server's answer is none of S3", address),
       "is AWS_ENDPOINT_URL the address of an S3 service?");
}

}  // namespace

S3Client::S3Client(S3Settings settings, std::string bucket, Options options)
    : settings_(std::move(settings)),
      bucket_(std::move(bucket)),
      options_(options),
      http_(options.times),
      region_(settings_.region) {}

Signature S3Client::signature() const {
  std::lock_guard guard(lock_);
  return {region_, settings_.access_key, settings_.secret_key, settings_.session_token};
}

std::string S3Client::url(const Request& request) const {
  std::string path = percent_encoded(request.key, true);
  std::string query = request.query.empty() ? "" : "?" + request.query;
  if (!settings_.endpoint.empty()) return fmt::format("{}/{}/{}{}", settings_.endpoint, bucket_, path, query);
  std::string region = signature().region;
  const char* domain = region.starts_with("cn-") ? "amazonaws.com.cn" : "amazonaws.com";
  // A certificate is for one more name before the domain: a bucket with dots stands in the path.
  if (bucket_.find('.') != std::string::npos)
    return fmt::format("https://s3.{}.{}/{}/{}{}", region, domain, bucket_, path, query);
  return fmt::format("https://{}.s3.{}.{}/{}{}", bucket_, region, domain, path, query);
}

// True if the answer names another region, which is used from now on.
bool S3Client::take_region(const HttpResponse& response) const {
  if (response.status != 301 && response.status != 307 && response.status != 400) return false;
  std::string region = read_refusal(response).region;
  std::lock_guard guard(lock_);
  if (region.empty() || region == region_) return false;
  region_ = region;
  return true;
}

void S3Client::fail_request(const Request& request, const HttpResponse& response, int attempts) const {
  Refusal refusal = read_refusal(response);
  const std::string& code = refusal.code;
  std::string name = address(request);
  std::string said = code.empty() ? fmt::format("status {}", response.status) : code;
  if (!refusal.message.empty()) said += ": " + refusal.message;
  while (said.ends_with('.')) said.pop_back();
  std::string message = fmt::format("cannot {} {}: {}", request.doing, name, said);
  std::string hint;
  if (code == "NoSuchBucket") {
    message = fmt::format("cannot {} {}: there is no bucket {}", request.doing, name, bucket_);
    hint = fmt::format("look at its name and at the endpoint, or make it: aws s3 mb s3://{}", bucket_);
  } else if (code == "InvalidAccessKeyId" || code == "SignatureDoesNotMatch" || code == "InvalidToken" ||
             code == "AuthorizationHeaderMalformed") {
    // S3's own words may repeat what was sent.
    message = fmt::format("cannot {} {}: S3 does not accept the credentials ({})", request.doing, name, code);
    hint =
        fmt::format("they are those of {}: look whether they are whole, and meant for this service", settings_.origin);
  } else if (code == "ExpiredToken") {
    message = fmt::format("cannot {} {}: the credentials have expired", request.doing, name);
    hint = fmt::format("they are those of {}: get new ones, then run again", settings_.origin);
  } else if (code == "RequestTimeTooSkewed") {
    hint = "set this machine's clock right";
  } else if (response.status == 403) {
    hint = fmt::format(
        "the credentials are those of {}: they need s3:ListBucket on the bucket {} and s3:GetObject, s3:PutObject and "
        "s3:DeleteObject on what is below the lake's root",
        settings_.origin, bucket_);
  } else if (response.status == 501) {
    hint = "Segue needs an S3 that knows conditional writes (If-None-Match)";
  } else if (may_pass(response.status, code)) {
    message += fmt::format(" ({})", attempts_text(attempts));
    hint = "the service is in trouble or overloaded: try again later";
  } else if (response.status == 301 || response.status == 307) {
    hint = "set AWS_REGION to the bucket's region";
  }
  fail(ErrorCode::kIo, std::move(message), std::move(hint));
}

void S3Client::fail_unanswered(const Request& request, const std::string& reason, int attempts) const {
  std::string at = settings_.endpoint.empty() ? "Amazon S3" : settings_.endpoint;
  fail(ErrorCode::kIo,
       fmt::format("cannot {} {}: no answer from {}: {} ({} {})", request.doing, address(request), at, reason, attempts,
                   attempts == 1 ? "attempt" : "attempts"),
       settings_.endpoint.empty() ? "look whether this machine is online"
                                  : "look whether the endpoint is right (AWS_ENDPOINT_URL) and the service is up");
}

S3Client::Answer S3Client::send(const Request& request, const Cancellation* cancellation) const {
  Answer answer;
  auto stopped = [&] { return cancellation != nullptr && cancellation->requested(); };
  const bool cleans_up = stopped();
  if (cleans_up && silent_) fail_unanswered(request, "there was none just now", 1);
  const int most = silent_ ? 1 : options_.attempts;
  for (int attempt = 1;; ++attempt) {
    HttpRequest http{request.method, url(request), request.headers, request.body,
                     signature(),    request.to,   request.most};
    http.finishes = request.finishes;
    std::optional<NoAnswer> none;
    try {
      static_cast<HttpResponse&>(answer) = http_.send(http, cancellation);
      silent_ = false;
    } catch (const NoAnswer& failure) {
      none = failure;
    }
    if (!none && std::ranges::find(request.expected, answer.status) != request.expected.end()) return answer;
    if (!none && attempt < options_.attempts && take_region(answer)) continue;
    if (stopped() && !cleans_up && !request.finishes) cancellation->check();
    bool again = none ? !none->hopeless : may_pass(answer.status, read_refusal(answer).code);
    if (!again || attempt >= most || stopped()) {
      silent_ = none.has_value();
      if (none) fail_unanswered(request, none->reason, attempt);
      fail_request(request, answer, attempt);
    }
    answer.sent_before = true;
    sleep(pause_before(attempt, options_.pause_millis), cancellation);
    if (stopped() && !cleans_up && !request.finishes) cancellation->check();
  }
}

std::vector<Listed> S3Client::list(const std::string& prefix, const std::string& names, bool all,
                                   const Cancellation* cancellation, int64_t* now) const {
  std::vector<Listed> found;
  for (std::string token;;) {
    Request request{"list", "GET", "", prefix + names};
    if (!token.empty()) request.query += "continuation-token=" + percent_encoded(token, false) + "&";
    if (!all) request.query += "delimiter=%2F&";
    request.query += fmt::format("encoding-type=url&list-type=2&max-keys={}&prefix={}", options_.names_in_list,
                                 percent_encoded(prefix + names, false));
    Answer answer = send(request, cancellation);
    if (now != nullptr) *now = int64_t{curl_getdate(header(answer, "date").c_str(), nullptr)} * 1000;
    pugi::xml_document document;
    pugi::xml_node result = parse(document, answer, "ListBucketResult", address(prefix));
    for (pugi::xml_node object : result.children("Contents")) {
      std::string key = unescaped(object.child_value("Key"));
      // An object whose name is a folder's, as consoles make them, is no file.
      if (key.size() <= prefix.size() || key.ends_with('/')) continue;
      found.push_back({key.substr(prefix.size()), false, std::strtoull(object.child_value("Size"), nullptr, 10),
                       parse_time(object.child_value("LastModified"))});
    }
    for (pugi::xml_node folder : result.children("CommonPrefixes")) {
      std::string key = unescaped(folder.child_value("Prefix"));
      if (key.size() > prefix.size() + 1)
        found.push_back({key.substr(prefix.size(), key.size() - prefix.size() - 1), true, 0, 0});
    }
    token = unescaped("");
    if (std::string_view(result.child_value("IsTruncated")) == "true")
      token = result.child_value("NextContinuationToken");
    if (token.empty()) break;
  }
  std::ranges::sort(found, {}, &Listed::name);
  return found;
}

std::optional<std::string> S3Client::get(const std::string& key, const Cancellation* cancellation) const {
  Request request{"read", "GET", key};
  request.expected = {200, 404};
  Answer answer = send(request, cancellation);
  if (answer.status == 200) return std::move(answer.body);
  if (read_refusal(answer).code != "NoSuchKey") fail_request(request, answer);
  return std::nullopt;
}

std::optional<S3Client::Head> S3Client::look_at(const std::string& key, size_t bytes,
                                                const Cancellation* cancellation) const {
  Request request{"read", "GET", key};
  request.headers = {fmt::format("Range: bytes=0-{}", std::max<size_t>(bytes, 1) - 1)};
  request.expected = {200, 206, 404, 416};
  Answer answer = send(request, cancellation);
  if (answer.status == 404) {
    if (read_refusal(answer).code != "NoSuchKey") fail_request(request, answer);
    return std::nullopt;
  }
  Head head;
  if (answer.status == 416) return head;  // an empty object has no byte 0
  head.bytes = answer.status == 200 ? answer.bytes : size_in_range(header(answer, "content-range")).value_or(0);
  head.etag = header(answer, "etag");
  head.begin = answer.body.substr(0, bytes);
  return head;
}

void S3Client::get_range(const std::string& key, const std::string& etag, uint64_t offset, size_t bytes, char* to,
                         const Cancellation* cancellation) const {
  if (bytes == 0) return;
  Request request{"read", "GET", key};
  request.headers = {"If-Match: " + etag, fmt::format("Range: bytes={}-{}", offset, offset + bytes - 1)};
  request.expected = {200, 206, 404, 412, 416};
  request.to = to;
  request.most = bytes;
  Answer answer = send(request, cancellation);
  if (answer.status == 412 || answer.status == 416 ||
      (answer.status == 404 && read_refusal(answer).code == "NoSuchKey"))
    fail(ErrorCode::kIo,
         fmt::format("{} was {} while it was read", address(key), answer.status == 404 ? "removed" : "replaced"),
         "run again when nothing writes there");
  if (answer.status == 404) fail_request(request, answer);
  if (answer.bytes != bytes)
    fail(ErrorCode::kIo, fmt::format("cannot read {}: {} bytes came instead of {}", address(key), answer.bytes, bytes));
}

void S3Client::put(const std::string& key, std::string_view content, const Cancellation* cancellation) const {
  Request request{"write", "PUT", key};
  request.body = content;
  request.finishes = content.size() < (size_t{1} << 20);
  send(request, cancellation);
}

bool S3Client::put_if_absent(const std::string& key, std::string_view content, const Cancellation* cancellation) const {
  Request request{"write", "PUT", key};
  request.headers = {"If-None-Match: *"};
  request.body = content;
  request.expected = {200, 412};
  request.finishes = true;
  if (send(request, cancellation).status == 200) return true;
  // Perhaps by ourselves: that was sent before, and the answer lost.
  return get(key, cancellation) == content;
}

void S3Client::remove(const std::string& key, const Cancellation* cancellation) const {
  Request request{"remove", "DELETE", key};
  request.expected = {200, 204, 404};
  request.finishes = true;
  Answer answer = send(request, cancellation);
  if (answer.status == 404 && read_refusal(answer).code != "NoSuchKey") fail_request(request, answer);
}

std::string S3Client::begin_upload(const std::string& key, const Cancellation* cancellation) const {
  Answer answer = send({"write", "POST", key, "", "uploads="}, cancellation);
  pugi::xml_document document;
  return parse(document, answer, "InitiateMultipartUploadResult", address(key)).child_value("UploadId");
}

std::string S3Client::find_upload(const std::string& key, const Cancellation* cancellation) const {
  Request request{"list", "GET", "", key, "prefix=" + percent_encoded(key, false) + "&uploads="};
  Answer answer = send(request, cancellation);
  pugi::xml_document document;
  std::string begun, upload;
  for (pugi::xml_node each : parse(document, answer, "ListMultipartUploadsResult", address(key)).children("Upload")) {
    std::string at = each.child_value("Initiated");
    if (each.child_value("Key") != key || at < begun) continue;
    begun = at;
    upload = each.child_value("UploadId");
  }
  return upload;
}

std::map<size_t, std::string> S3Client::uploaded_parts(const std::string& key, const std::string& upload,
                                                       const Cancellation* cancellation) const {
  std::map<size_t, std::string> parts;
  for (std::string marker;;) {
    Request request{"read", "GET", key};
    if (!marker.empty()) request.query = "part-number-marker=" + percent_encoded(marker, false) + "&";
    request.query += "uploadId=" + percent_encoded(upload, false);
    request.expected = {200, 404};
    Answer answer = send(request, cancellation);
    if (answer.status == 404 && read_refusal(answer).code != "NoSuchUpload") fail_request(request, answer);
    if (answer.status == 404) return {};
    // Amazon's is ListPartsResult; not all services name it so.
    const char* root =
        answer.body.find("<ListPartsResponse") == std::string::npos ? "ListPartsResult" : "ListPartsResponse";
    pugi::xml_document document;
    pugi::xml_node result = parse(document, answer, root, address(key));
    for (pugi::xml_node part : result.children("Part"))
      parts[std::strtoull(part.child_value("PartNumber"), nullptr, 10)] = part.child_value("ETag");
    std::string next = result.child_value("NextPartNumberMarker");
    if (std::string_view(result.child_value("IsTruncated")) != "true" || next == marker) return parts;
    marker = next;
  }
}

std::string S3Client::upload_part(const std::string& key, const std::string& upload, size_t number,
                                  std::string_view content, const Cancellation* cancellation) const {
  Request request{"write", "PUT", key, "",
                  fmt::format("partNumber={}&uploadId={}", number, percent_encoded(upload, false))};
  request.body = content;
  return header(send(request, cancellation), "etag");
}

void S3Client::complete_upload(const std::string& key, const std::string& upload, const std::vector<std::string>& parts,
                               const Cancellation* cancellation) const {
  std::string body = "<CompleteMultipartUpload>";
  for (size_t i = 0; i < parts.size(); ++i)
    body += fmt::format("<Part><PartNumber>{}</PartNumber><ETag>{}</ETag></Part>", i + 1, parts[i]);
  body += "</CompleteMultipartUpload>";
  Request request{"write", "POST", key, "", "uploadId=" + percent_encoded(upload, false)};
  request.body = body;
  request.expected = {200, 404};
  for (int attempt = 1;; ++attempt) {
    Answer answer = send(request, cancellation);
    Refusal refusal = read_refusal(answer);  // of an answer that began well, too
    if (answer.status == 200 && refusal.code.empty()) return;
    // Completed before, and the answer lost: then there is no such upload any more, but the object.
    if (refusal.code == "NoSuchUpload" && (answer.sent_before || attempt > 1) && look_at(key, 1, cancellation)) return;
    if (answer.status != 200 || attempt >= options_.attempts) fail_request(request, answer, attempt);
    sleep(pause_before(attempt, options_.pause_millis), cancellation);
    if (cancellation != nullptr) cancellation->check();
  }
}

void S3Client::abort_upload(const std::string& key, const std::string& upload, const Cancellation* cancellation) const {
  Request request{"write", "DELETE", key, "", "uploadId=" + percent_encoded(upload, false)};
  request.expected = {200, 204, 404};
  request.finishes = true;
  send(request, cancellation);
}

std::optional<S3Address> parse_s3_address(std::string_view text) {
  constexpr std::string_view kScheme = "s3://";
  if (!text.starts_with(kScheme)) return std::nullopt;
  text.remove_prefix(kScheme.size());
  size_t slash = std::min(text.find('/'), text.size());
  S3Address address{std::string(text.substr(0, slash)), std::string(text.substr(slash))};
  address.key.erase(0, std::min(address.key.find_first_not_of('/'), address.key.size()));
  return address.bucket.empty() ? std::nullopt : std::optional(std::move(address));
}

std::shared_ptr<const S3Client> s3_client(const std::string& bucket) {
  // Never destroyed: threads may use it until the process ends.
  static auto& lock = *new std::mutex;
  static auto& clients = *new std::map<std::string, std::shared_ptr<const S3Client>>;
  S3Settings settings = find_s3_settings("s3://" + bucket);
  std::lock_guard guard(lock);
  std::shared_ptr<const S3Client>& client = clients[bucket];
  if (!client || client->settings() != settings)
    client = std::make_shared<const S3Client>(std::move(settings), bucket, S3Client::Options{});
  return client;
}

}  // namespace segue::storage

#include "storage/download.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>
#include <thread>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <sys/file.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/error.h"
#include "storage/digest.h"

namespace segue::storage {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr int kLookMillis = 50;                       // how soon a cancellation is seen while waiting
constexpr size_t kPieceBytes = size_t{1} << 20;       // read of a file at a time
constexpr uint64_t kSpareBytes = uint64_t{64} << 20;  // of a disk that stay free

[[noreturn]] void fail_io(std::string message, std::string hint = {}) {
  fail(ErrorCode::kIo, std::move(message), std::move(hint));
}

void pause(std::chrono::milliseconds time, const Cancellation* cancellation) {
  auto end = std::chrono::steady_clock::now() + time;
  while (std::chrono::steady_clock::now() < end) {
    if (cancellation != nullptr) cancellation->check();
    std::this_thread::sleep_for(std::min(time, std::chrono::milliseconds(kLookMillis)));
  }
}

// An open file, closed at the end.
class OpenFile {
 public:
  OpenFile(const std::string& path, int flags)
      : path_(path), descriptor_(::open(path.c_str(), flags | O_CLOEXEC, 0644)) {
    if (descriptor_ < 0) fail_io(fmt::format("{} can't be written: {}", path, std::strerror(errno)));
  }
  ~OpenFile() { ::close(descriptor_); }
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;
  int descriptor() const { return descriptor_; }

  void write(std::string_view bytes) const {
    while (!bytes.empty()) {
      ssize_t written = ::write(descriptor_, bytes.data(), bytes.size());
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) fail_io(fmt::format("{} can't be written: {}", path_, std::strerror(errno)));
      bytes.remove_prefix(static_cast<size_t>(written));
    }
  }
  void empty() const {
    if (::ftruncate(descriptor_, 0) != 0 || ::lseek(descriptor_, 0, SEEK_SET) < 0)
      fail_io(fmt::format("{} can't be emptied: {}", path_, std::strerror(errno)));
  }
  void sync() const {
    if (::fsync(descriptor_) != 0) fail_io(fmt::format("{} can't be written: {}", path_, std::strerror(errno)));
  }

 private:
  const std::string path_;
  const int descriptor_;
};

json read_json(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream text;
  if (file) text << file.rdbuf();
  json read = json::parse(text.str(), nullptr, /*allow_exceptions=*/false);
  return read.is_object() ? read : json::object();
}

std::string text_of(const json& object, const char* key) {
  auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

// In one step, so that who reads it sees all of it or none.
void write_json(const std::string& path, const json& content) {
  std::string temporary = path + ".tmp";
  {
    OpenFile file(temporary, O_WRONLY | O_CREAT | O_TRUNC);
    file.write(content.dump() + "\n");
    file.sync();
  }
  std::error_code error;
  fs::rename(temporary, path, error);
  if (error) fail_io(fmt::format("{} can't be written: {}", path, error.message()));
}

void remove(const std::string& path) {
  std::error_code error;
  fs::remove(path, error);
  if (error) fail_io(fmt::format("{} can't be removed: {}", path, error.message()));
}

uint64_t size_of(const std::string& path) {
  std::error_code error;
  uint64_t size = fs::file_size(path, error);
  return error ? 0 : size;
}

// The checksums of a file, one pass for both.
struct Sums {
  std::string md5, sha256;
};

Sums sums_of(const std::string& path, const Cancellation* cancellation) {
  Digest md5(Digest::Kind::kMd5), sha256(Digest::Kind::kSha256);
  std::ifstream file(path, std::ios::binary);
  std::string piece(kPieceBytes, '\0');
  while (file) {
    if (cancellation != nullptr) cancellation->check();
    file.read(piece.data(), static_cast<std::streamsize>(piece.size()));
    std::string_view read(piece.data(), static_cast<size_t>(file.gcount()));
    md5.add(read);
    sha256.add(read);
  }
  if (file.bad()) fail_io(fmt::format("{} can't be read", path));
  return {hex(md5.finish()), hex(sha256.finish())};
}

bool as_wanted(const Download& wanted, const Sums& sums) {
  return (wanted.md5.empty() || wanted.md5 == sums.md5) && (wanted.sha256.empty() || wanted.sha256 == sums.sha256);
}

// "bytes 100-199/200": where it begins.
std::optional<uint64_t> range_begin(const HttpResponse& response) {
  auto header = response.headers.find("content-range");
  if (header == response.headers.end() || !header->second.starts_with("bytes ")) return std::nullopt;
  uint64_t begin = 0;
  const char* text = header->second.data();
  auto [rest, problem] = std::from_chars(text + 6, text + header->second.size(), begin);
  return problem == std::errc{} && *rest == '-' ? std::optional(begin) : std::nullopt;
}

std::string header_of(const HttpResponse& response, const std::string& name) {
  auto header = response.headers.find(name);
  return header == response.headers.end() ? std::string() : header->second;
}

std::optional<uint64_t> number_of(const std::string& text) {
  uint64_t number = 0;
  auto [rest, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
  return problem == std::errc{} && rest == text.data() + text.size() && !text.empty() ? std::optional(number)
                                                                                      : std::nullopt;
}

// What a server said that may be right the next time.
bool may_pass(int status) { return status == 408 || status == 425 || status == 429 || status >= 500; }

// One file on its way; the lock is held.
class Transfer {
 public:
  Transfer(const Download& wanted, const DownloadOptions& options, const Cancellation* cancellation, Progress* progress)
      : wanted_(wanted),
        options_(options),
        cancellation_(cancellation),
        progress_(progress),
        part_(wanted.path + ".part"),
        client_(options.times) {}

  Downloaded run() {
    json known = read_json(wanted_.path + ".json");
    std::error_code error;
    bool there = text_of(known, "url") == wanted_.url && fs::is_regular_file(wanted_.path, error) &&
                 known.value("bytes", json()) == json(size_of(wanted_.path));
    bool summed = !wanted_.md5.empty() || !wanted_.sha256.empty();
    if (there && summed && as_wanted(wanted_, {text_of(known, "md5"), text_of(known, "sha256")}))
      return {size_of(wanted_.path), false};
    // Where the checksum is another now, the file is another.
    if (!there || summed) known = json::object();
    if (!receive(known)) return {size_of(wanted_.path), false};
    return {keep(), true};
  }

 private:
  // Until all of it is in part_. False if the server says that what is `known` still holds.
  bool receive(const json& known) {
    int failures = 0;
    std::chrono::milliseconds wait(options_.pause_millis);
    while (true) {
      uint64_t before = size_of(part_);
      std::string reason;
      std::chrono::milliseconds asked{0};
      try {
        HttpResponse response = ask(known);
        if (response.status == 304 && !known.empty()) {
          if (size_of(part_) == 0) remove(part_);
          return false;
        }
        if (response.status >= 200 && response.status < 300) return true;
        if (response.status == 416) {  // there is less than was thought: from its begin, then
          remove(part_);
          remove(part_ + ".json");
        } else if (!may_pass(response.status)) {
          fail_io(fmt::format("{}: the server answered {}", shown(), response.status),
                  response.status == 404 || response.status == 410 ? "look at the URL"
                  : response.status == 401 || response.status == 403
                      ? "who may fetch it? `${NAME}` in a URL is the environment's"
                      : "");
        }
        reason = fmt::format("the server answered {}", response.status);
        asked = std::chrono::seconds(std::min<uint64_t>(number_of(header_of(response, "retry-after")).value_or(0),
                                                        limits::kFetchLongestPauseSeconds));
      } catch (const NoAnswer& none) {
        if (none.hopeless) fail_io(fmt::format("{}: {}", shown(), none.reason));
        reason = none.reason;
      }
      if (size_of(part_) > before) {
        failures = 0;
        wait = std::chrono::milliseconds(options_.pause_millis);
      }
      if (++failures == options_.attempts) {
        fail_io(fmt::format("{}: {}; tried {} times", shown(), reason, failures),
                size_of(part_) == 0 ? "" : "what came so far is kept: the next try goes on from there");
      }
      pause(std::max(wait, asked), cancellation_);
      wait = std::min<std::chrono::milliseconds>(wait * 2, std::chrono::seconds(limits::kFetchLongestPauseSeconds));
    }
  }

  // One request: the rest of part_, if the server has the file that it is a part of, else all of it.
  HttpResponse ask(const json& known) {
    HttpRequest request;
    request.method = "GET";
    request.url = wanted_.url;
    request.follow = true;
    request.headers = {"User-Agent: Segue", "Accept: */*", "Accept-Encoding: identity"};
    json begun = read_json(part_ + ".json");
    uint64_t have = size_of(part_);
    // Only what is equal byte for byte can be put together: a weak tag does not promise that.
    std::string tag = text_of(begun, "etag");
    std::string same = !tag.empty() && !tag.starts_with("W/") ? tag : text_of(begun, "last_modified");
    if (have != 0 && text_of(begun, "url") == wanted_.url && !same.empty()) {
      request.headers.push_back(fmt::format("Range: bytes={}-", have));
      request.headers.push_back("If-Range: " + same);
    } else {
      have = 0;
      if (std::string etag = text_of(known, "etag"); !etag.empty()) {
        request.headers.push_back("If-None-Match: " + etag);
      } else if (std::string time = text_of(known, "last_modified"); !time.empty()) {
        request.headers.push_back("If-Modified-Since: " + time);
      }
    }
    OpenFile part(part_, O_WRONLY | O_CREAT | O_APPEND);
    bool first = true;
    request.receive = [&](const HttpResponse& begun_now, std::string_view piece) {
      if (std::exchange(first, false)) begin(begun_now, have, part);
      received_ += piece.size();
      if (received_ > limits::kFetchBytes)
        fail_io(fmt::format("{} has more than {} GiB", shown(), limits::kFetchBytes >> 30));
      part.write(piece);
      if (progress_ != nullptr) progress_->bytes_read.fetch_add(piece.size(), std::memory_order_relaxed);
    };
    HttpResponse response = client_.send(request, cancellation_);
    if (first && response.status >= 200 && response.status < 300) begin(response, have, part);  // it is empty
    part.sync();
    return response;
  }

  // The answer's head is there: is it the rest, or all?
  void begin(const HttpResponse& response, uint64_t have, const OpenFile& part) {
    bool rest = response.status == 206 && have != 0 && range_begin(response) == have;
    if (response.status == 206 && !rest) throw NoAnswer{"the server sent another part than was asked for", false};
    if (!rest) {
      part.empty();
      have = 0;
      write_json(part_ + ".json", {{"url", wanted_.url},
                                   {"etag", header_of(response, "etag")},
                                   {"last_modified", header_of(response, "last-modified")}});
    }
    received_ = have;
    std::optional<uint64_t> bytes = number_of(header_of(response, "content-length"));
    if (!bytes) return;
    struct statvfs disk {};
    if (::statvfs(part_.c_str(), &disk) == 0 && *bytes + kSpareBytes > uint64_t{disk.f_bavail} * disk.f_frsize) {
      fail_io(fmt::format("{} has {} bytes more, but the disk of {} has only {} left", shown(), *bytes, part_,
                          uint64_t{disk.f_bavail} * disk.f_frsize),
              "make room, or let .segue/cache be on another disk");
    }
    if (progress_ != nullptr) {
      // What was there already counts as read; of a download that begins anew, only now its size is known.
      progress_->bytes_total.store(have + *bytes, std::memory_order_relaxed);
      progress_->bytes_read.store(have, std::memory_order_relaxed);
    }
  }

  // What is in part_ is all: it becomes the file, if it is what was wanted.
  uint64_t keep() {
    Sums sums = sums_of(part_, cancellation_);
    json begun = read_json(part_ + ".json");
    if (!as_wanted(wanted_, sums)) {
      remove(part_);
      remove(part_ + ".json");
      bool md5 = !wanted_.md5.empty() && wanted_.md5 != sums.md5;
      fail(ErrorCode::kData,
           fmt::format("{} has the {} {}, not {}", shown(), md5 ? "MD5" : "SHA-256", md5 ? sums.md5 : sums.sha256,
                       md5 ? wanted_.md5 : wanted_.sha256),
           "it is not used; has it changed? Then its new checksum belongs into the definition");
    }
    uint64_t bytes = size_of(part_);
    remove(wanted_.path + ".json");
    std::error_code error;
    fs::rename(part_, wanted_.path, error);
    if (error) fail_io(fmt::format("{} can't be written: {}", wanted_.path, error.message()));
    write_json(wanted_.path + ".json", {{"url", wanted_.url},
                                        {"bytes", bytes},
                                        {"md5", sums.md5},
                                        {"sha256", sums.sha256},
                                        {"etag", text_of(begun, "etag")},
                                        {"last_modified", text_of(begun, "last_modified")}});
    remove(part_ + ".json");
    return bytes;
  }

  std::string shown() const { return shown_url(wanted_.url); }

  const Download& wanted_;
  const DownloadOptions& options_;
  const Cancellation* const cancellation_;
  Progress* const progress_;
  const std::string part_;
  HttpClient client_;
  uint64_t received_ = 0;  // of the file, with what was there
};

}  // namespace

std::string shown_url(const std::string& url) {
  size_t host = url.find("://");
  host = host == std::string::npos ? 0 : host + 3;
  size_t path = std::min(url.find('/', host), url.size());
  size_t user = url.rfind('@', path);
  std::string shown = url.substr(0, host);
  shown += url.substr(user != std::string::npos && user >= host ? user + 1 : host);
  return shown.substr(0, shown.find_first_of("?#"));
}

Downloaded download(const Download& wanted, const DownloadOptions& options, const Cancellation* cancellation,
                    Progress* progress) {
  std::error_code error;
  fs::create_directories(fs::path(wanted.path).parent_path(), error);
  if (error) {
    fail_io(
        fmt::format("the folder {} can't be made: {}", fs::path(wanted.path).parent_path().string(), error.message()));
  }
  OpenFile lock(wanted.path + ".lock", O_RDWR | O_CREAT);
  while (::flock(lock.descriptor(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK && errno != EINTR)
      fail_io(fmt::format("{}.lock can't be locked: {}", wanted.path, std::strerror(errno)));
    pause(std::chrono::milliseconds(kLookMillis), cancellation);
  }
  return Transfer(wanted, options, cancellation, progress).run();
}

}  // namespace segue::storage

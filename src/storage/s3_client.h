// One bucket of S3, by the calls of its REST interface.
//
// A request that fails for a reason that may pass (no answer, 500, 503 …) is sent again, limits::kRequestAttempts times
// in all with growing pauses. What still fails throws Failure(kIo), naming the object, what S3 says, and what to do;
// credentials are in no message. Keys are as S3 knows them, not encoded. All calls are thread-safe; `cancellation` may
// be null, and is as HttpClient::send() has it.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/cancellation.h"
#include "storage/http.h"
#include "storage/s3_settings.h"
#include "storage/store.h"

namespace segue::storage {

class S3Client {
 public:
  struct Options {
    HttpTimes times = {};
    int attempts = limits::kRequestAttempts;
    int pause_millis = limits::kRequestPauseMillis;
    int names_in_list = 1000;  // of one answer: S3's most
  };
  S3Client(S3Settings settings, std::string bucket, Options options);

  const S3Settings& settings() const { return settings_; }
  std::string address(const std::string& key) const { return "s3://" + bucket_ + "/" + key; }

  // What is directly below `prefix`, which is empty or ends in a slash, sorted by name; with `all`, every object below
  // it at any depth, by its path from there. `names`: only what begins with that. `now`, if not null, becomes the time
  // by S3's clock, in ms since 1970.
  std::vector<Listed> list(const std::string& prefix, const std::string& names, bool all,
                           const Cancellation* cancellation, int64_t* now = nullptr) const;

  // The whole object, or nothing if there is none.
  std::optional<std::string> get(const std::string& key, const Cancellation* cancellation) const;

  struct Head {
    uint64_t bytes = 0;  // of the object
    std::string etag;    // another if its content is another
    std::string begin;   // up to so many of its bytes as were asked for
  };
  // Nothing if there is no such object.
  std::optional<Head> look_at(const std::string& key, size_t bytes, const Cancellation* cancellation) const;

  // Exactly these bytes of the object that had this etag. Throws Failure too if it has been replaced.
  void get_range(const std::string& key, const std::string& etag, uint64_t offset, size_t bytes, char* to,
                 const Cancellation* cancellation) const;

  void put(const std::string& key, std::string_view content, const Cancellation* cancellation) const;
  // False if there is an object of that key with another content. So REQUIRES: nobody else writes the same content.
  bool put_if_absent(const std::string& key, std::string_view content, const Cancellation* cancellation) const;
  // That there is none is no error.
  void remove(const std::string& key, const Cancellation* cancellation) const;

  // An upload in parts: nothing is seen of it before it is completed. Parts count from 1; what upload_part() returns,
  // of all parts in order, completes it.
  std::string begin_upload(const std::string& key, const Cancellation* cancellation) const;
  // The last upload of that key that was begun and neither completed nor aborted; empty if there is none.
  std::string find_upload(const std::string& key, const Cancellation* cancellation) const;
  // What was uploaded of it, by number: what upload_part() returned.
  std::map<size_t, std::string> uploaded_parts(const std::string& key, const std::string& upload,
                                               const Cancellation* cancellation) const;
  std::string upload_part(const std::string& key, const std::string& upload, size_t number, std::string_view content,
                          const Cancellation* cancellation) const;
  void complete_upload(const std::string& key, const std::string& upload, const std::vector<std::string>& parts,
                       const Cancellation* cancellation) const;
  void abort_upload(const std::string& key, const std::string& upload, const Cancellation* cancellation) const;

 private:
  struct Request {
    const char* doing;  // "read", "write", …: cannot <doing> s3://…
    std::string method;
    std::string key;
    std::string folder = {};  // that is listed
    std::string query = {};   // encoded, sorted by name
    std::vector<std::string> headers = {};
    std::string_view body = {};
    std::vector<int> expected = {200};  // answers that are returned, besides which all are errors
    char* to = nullptr;
    size_t most = limits::kWholeObjectBytes;
    bool finishes = false;
  };
  struct Answer : HttpResponse {
    bool sent_before = false;  // an earlier attempt had no answer, so that S3 may have done it then
  };
  Answer send(const Request& request, const Cancellation* cancellation) const;
  std::string url(const Request& request) const;
  std::string address(const Request& request) const { return address(request.key + request.folder); }
  Signature signature() const;
  bool take_region(const HttpResponse& response) const;
  [[noreturn]] void fail_request(const Request& request, const HttpResponse& response, int attempts = 1) const;
  [[noreturn]] void fail_unanswered(const Request& request, const std::string& reason, int attempts) const;

  const S3Settings settings_;
  const std::string bucket_;
  const Options options_;
  mutable HttpClient http_;
  mutable std::mutex lock_;
  mutable std::string region_;  // guarded by lock_
  // The last request was given up without an answer: those that follow, to clean up, are sent once, or not at all when
  // work is stopped.
  mutable std::atomic<bool> silent_{false};
};

// "s3://bucket/some/key" -> bucket, some/key; nothing if the text is no address in S3.
struct S3Address {
  std::string bucket;
  std::string key;  // may be empty; without slashes at its begin
};
std::optional<S3Address> parse_s3_address(std::string_view text);

// The client of a bucket: one for all who ask while the settings stay the same. Throws as find_s3_settings() does.
std::shared_ptr<const S3Client> s3_client(const std::string& bucket);

}  // namespace segue::storage

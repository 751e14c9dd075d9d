// Files of the web, kept in a folder: downloaded once, gone on with where a download broke off, fetched anew when the
// server has another.
//
//   <path>             the file, whole and verified; or, before that, none
//   <path>.json        {"url", "bytes", "md5", "sha256", "etag", "last_modified"} of it: without this it does not count
//   <path>.part        what came of a download so far, with what tells whether it can go on in
//   <path>.part.json   {"url", "etag", "last_modified"}
//   <path>.lock        held while one process is at it
#pragma once

#include <cstdint>
#include <string>

#include "base/cancellation.h"
#include "base/limits.h"
#include "base/progress.h"
#include "storage/http.h"

namespace segue::storage {

struct Download {
  std::string url;   // http:// or https://
  std::string path;  // absolute; where the file will be. Its folder is made
  // What the file must be, in small hexadecimal digits; empty: whatever comes.
  std::string md5, sha256;
};

struct DownloadOptions {
  int attempts = limits::kFetchAttempts;  // one behind the other that bring nothing
  int pause_millis = limits::kFetchPauseMillis;
  HttpTimes times = {limits::kConnectMillis, limits::kFetchStallMillis};
};

struct Downloaded {
  uint64_t bytes = 0;
  bool fresh = false;  // fetched now; else what was there is still right
};

// Makes Download::path the newest file that the URL has. Where a checksum is given and the file there has it, no server
// is asked; else the server is asked whether it has another. `progress` (may be null) counts the bytes. Failures that may
// pass (no answer, a connection that breaks, 408, 429, 5xx) are tried again with growing pauses.
// Throws Failure, naming the URL without what may be secret in it: kIo if it is not to be had, or the disk is too small;
// kData if the file has another checksum (it is removed then); kCancelled. Safe from any thread and process.
Downloaded download(const Download& wanted, const DownloadOptions& options, const Cancellation* cancellation,
                    Progress* progress);

// The URL without user, password, query and fragment.
std::string shown_url(const std::string& url);

}  // namespace segue::storage

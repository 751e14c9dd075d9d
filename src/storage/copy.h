// Files copied between this machine and S3, in pieces, several at a time.
//
//   <to>              the copy: whole, or not there. On S3 an upload in parts is seen when it is completed
//   <to>.copy         of a copy to this machine: what came so far
//   <to>.copy.pieces  which pieces of it are there: a line that names the file, then "<number> <SHA-256>" of each
//
// A copy that broke off is gone on with by the next one of the same file to the same place: pieces that are there, by
// their checksums, are not copied again.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/cancellation.h"
#include "base/progress.h"

namespace segue::storage {

struct Copy {
  std::string from, to;    // each an absolute path, or s3://bucket/key
  uint64_t bytes = 0;      // set by copy_files()
  bool was_there = false;  // likewise: `to` had the same content
};

// Makes each `to` a copy of its `from`. Nothing is copied if one of them exists with other content, unless `force`.
// Each copy is compared with its original: by S3's checksum of it where that tells the content, else byte for byte.
// `progress` (may be null) counts bytes. Throws Failure: kIo; kConflict: other content, or a file that changed
// meanwhile; kCancelled. REQUIRES: no two have the same `to`; one process at a time copies to it.
void copy_files(std::vector<Copy>& copies, bool force, const Cancellation& cancellation, Progress* progress);

}  // namespace segue::storage

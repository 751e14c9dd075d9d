// Patterns of files on S3.
#pragma once

#include <string>
#include <vector>

#include "base/cancellation.h"

namespace segue::formats {

// What expand_files() says of s3://BUCKET/…. Folders are listed one level at a time, so that what cannot match is not
// listed; below `**` all at once.
std::vector<std::string> expand_remote(const std::string& pattern, const Cancellation* cancellation);

}  // namespace segue::formats

#include "runs/source_files.h"

#include <algorithm>
#include <cerrno>

#include <nlohmann/json.hpp>
#include <sys/stat.h>

#include "base/whole_number.h"
#include "base/workers.h"
#include "formats/partitions.h"
#include "runs/content_hash.h"
#include "runs/sources.h"
#include "storage/system_error.h"

namespace segue::runs {
namespace {

constexpr uint64_t kSmallSource = uint64_t{32} << 20;  // bytes that are hashed in some milliseconds

}  // namespace

nlohmann::ordered_json to_json(const std::vector<SourceFile>& files) {
  auto json = nlohmann::ordered_json::array();
  for (const SourceFile& file : files)
    json.push_back({{"path", file.path}, {"bytes", file.bytes}, {"modified", file.modified}, {"hash", file.hash}});
  return json;
}

std::vector<SourceFile> source_files(const nlohmann::ordered_json& json) {
  std::vector<SourceFile> files;
  for (const auto& each : json)
    files.push_back({each.at("path").get<std::string>(), whole_number<uint64_t>(each.at("bytes")),
                     whole_number<int64_t>(each.at("modified")), each.at("hash").get<std::string>()});
  return files;
}

void SourceFiles::know(const std::vector<SourceFile>& files) {
  for (const SourceFile& file : files)
    if (!file.hash.empty()) known_[file.path] = file;
}

SourceFiles::Listing& SourceFiles::list(const definition::Source& source) {
  auto [found, fresh] = listings_.try_emplace(source.name);
  std::vector<SourceFile>& files = found->second.files;
  if (!fresh) return found->second;
  for (std::string& path : files_of(source)) {
    struct stat status {};
    if (stat(path.c_str(), &status) != 0) storage::fail_io("read", path, errno);
    int64_t modified = int64_t{status.st_mtim.tv_sec} * 1'000'000'000 + status.st_mtim.tv_nsec;
    files.push_back({std::move(path), static_cast<uint64_t>(status.st_size), modified, {}});
  }
  for (SourceFile& file : files) {
    auto known = known_.find(file.path);
    if (known != known_.end() && known->second.bytes == file.bytes && known->second.modified == file.modified)
      file.hash = known->second.hash;
  }
  return found->second;
}

// What folders tell of a file is content too.
void SourceFiles::hash(Listing& listing, const definition::Source& source) {
  if (listing.hashed) return;
  std::vector<Field> told(source.columns.end() - static_cast<ptrdiff_t>(source.partitions), source.columns.end());
  Workers workers(std::min(threads_, std::max<size_t>(listing.files.size(), 1)), cancellation_);
  workers.for_each(listing.files.size(), [&](size_t, size_t i) {
    SourceFile& file = listing.files[i];
    if (!file.hash.empty()) return;
    file.hash = content_hash_of_file(file.path, cancellation_);
    if (told.empty()) return;
    std::string all = file.hash;
    for (const Value& value : formats::values_in_path(file.path, told)) all += '/' + to_string(value);
    file.hash = content_hash(all);
  });
  listing.hashed = true;
}

const std::vector<SourceFile>& SourceFiles::hashed(const definition::Source& source) {
  Listing& listing = list(source);
  hash(listing, source);
  return listing.files;
}

const std::vector<SourceFile>& SourceFiles::listed(const definition::Source& source) {
  Listing& listing = list(source);
  uint64_t bytes = 0;
  for (const SourceFile& file : listing.files) bytes += file.bytes;
  if (bytes <= kSmallSource) hash(listing, source);
  return listing.files;
}

}  // namespace segue::runs

#include "runs/source_files.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/whole_number.h"
#include "base/workers.h"
#include "formats/partitions.h"
#include "runs/content_hash.h"
#include "runs/sources.h"
#include "storage/remote_file.h"

namespace segue::runs {
namespace {

constexpr uint64_t kSmallSource = uint64_t{32} << 20;  // bytes that are hashed in some milliseconds

}  // namespace

int64_t file_key(const SourceFile& file) {
  constexpr size_t kDigits = 16;  // hexadecimal ones, of 64 bits
  uint64_t key = 0;
  std::from_chars(file.hash.data(), file.hash.data() + std::min(kDigits, file.hash.size()), key, 16);
  return static_cast<int64_t>(key);
}

nlohmann::ordered_json to_json(const std::vector<SourceFile>& files) {
  auto json = nlohmann::ordered_json::array();
  for (const SourceFile& file : files) {
    json.push_back({{"path", file.path}, {"bytes", file.bytes}, {"modified", file.modified}, {"hash", file.hash}});
    if (!file.etag.empty()) json.back()["etag"] = file.etag;
  }
  return json;
}

std::vector<SourceFile> source_files(const nlohmann::ordered_json& json) {
  std::vector<SourceFile> files;
  for (const auto& each : json)
    files.push_back({each.at("path").get<std::string>(), whole_number<uint64_t>(each.at("bytes")),
                     whole_number<int64_t>(each.at("modified")), each.value("etag", ""),
                     each.at("hash").get<std::string>()});
  return files;
}

bool same_state(const SourceFile& a, const SourceFile& b) {
  return a.path == b.path && a.bytes == b.bytes && a.modified == b.modified && a.etag == b.etag;
}

void SourceFiles::know(const std::vector<SourceFile>& files) {
  for (const SourceFile& file : files)
    if (!file.hash.empty()) known_[file.path] = file;
}

SourceFiles::Listing& SourceFiles::list(const definition::Source& source) {
  auto [found, fresh] = listings_.try_emplace(source.name);
  Listing& listing = found->second;
  if (!fresh) return listing;
  std::vector<std::string> paths = files_of(source, cancellation_);
  listing.files.resize(paths.size());
  listing.inputs.resize(paths.size());
  for_each_file(paths, [&](size_t i) {
    formats::InputFile& input = listing.inputs[i] = formats::inspect_file(paths[i], &cancellation_);
    SourceFile& file = listing.files[i];
    file.path = paths[i];
    file.bytes = input.size;
    file.modified = input.modified;
    if (input.remote) file.etag = input.remote->etag();
    auto known = known_.find(file.path);
    if (known != known_.end() && same_state(known->second, file)) file.hash = known->second.hash;
  });
  return listing;
}

// What folders tell of a file is content too.
void SourceFiles::hash(Listing& listing, const definition::Source& source) {
  if (listing.hashed) return;
  uint64_t unknown = 0;
  for (const SourceFile& file : listing.files)
    if (file.hash.empty()) unknown += file.bytes;
  if (unknown > most_)
    fail(ErrorCode::kLimit, fmt::format("files of `{}` would have to be read that are new or changed, {} MB of them",
                                        source.name, unknown / 1'000'000));
  std::vector<Field> told(source.columns.end() - static_cast<ptrdiff_t>(source.partitions), source.columns.end());
  std::vector<std::string> paths;
  for (const SourceFile& file : listing.files) paths.push_back(file.path);
  for_each_file(paths, [&](size_t i) {
    SourceFile& file = listing.files[i];
    if (!file.hash.empty()) return;
    file.hash = content_hash_of_file(listing.inputs[i], cancellation_);
    if (told.empty()) return;
    std::string all = file.hash;
    for (const Value& value : formats::values_in_path(file.path, told)) all += '/' + to_string(value);
    file.hash = content_hash(all);
  });
  listing.hashed = true;
}

void SourceFiles::for_each_file(const std::vector<std::string>& paths, const std::function<void(size_t)>& look) {
  size_t most = std::max(threads_, storage::calls_at_once(paths));
  Workers workers(std::min(most, std::max<size_t>(paths.size(), 1)), cancellation_);
  workers.for_each(paths.size(), [&](size_t, size_t i) { look(i); });
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

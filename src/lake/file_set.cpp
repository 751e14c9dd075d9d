#include "lake/file_set.h"

#include <fmt/format.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace segue::lake {
namespace {

unsigned __int128 hash(const std::string& path) {
  XXH128_hash_t hash = XXH3_128bits(path.data(), path.size());
  return static_cast<unsigned __int128>(hash.high64) << 64 | hash.low64;
}

}  // namespace

FileSet::FileSet(const std::vector<DataFile>& files) {
  for (const DataFile& file : files) add(file.path);
}

void FileSet::add(const std::string& path) {
  if (paths_.insert(path).second) sum_ += hash(path);
}

void FileSet::remove(const std::string& path) {
  if (paths_.erase(path) != 0) sum_ -= hash(path);
}

std::string FileSet::name() const {
  return fmt::format("{:016x}{:016x}", static_cast<uint64_t>(sum_ >> 64), static_cast<uint64_t>(sum_));
}

std::string statistics_folder(const TableName& table) { return table.folder() + "/_segue/statistics"; }

std::string statistics_path(const TableName& table, const FileSet& files) {
  return fmt::format("{}/{}.json", statistics_folder(table), files.name());
}

}  // namespace segue::lake

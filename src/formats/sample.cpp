#include "formats/sample.h"

#include <algorithm>
#include <memory>
#include <string>

#include "base/error.h"
#include "columns/dictionary.h"
#include "formats/byte_source.h"

namespace segue::formats {
namespace {

constexpr size_t kSpots = 16;
constexpr size_t kSpotBytes = size_t{32} << 10;

// Below this many values a column is coded whatever it holds: there is nothing to lose.
constexpr size_t kFewValues = 1000;

// Coded is what has at most this many distinct values a row: a new string costs about as much as three that are known.
constexpr double kMostDistinct = 0.5;

// "The row before" is asked first where that many rows repeat it.
constexpr double kRepeatShare = 0.95;

using SeeRows = std::function<void(std::string_view text, bool at_begin, ColumnSample& sample)>;

// Spots all over the files. Returns how many bytes of them were seen.
uint64_t sample_plain(const std::vector<InputFile>& files, bool anywhere, const SeeRows& see_rows,
                      ColumnSample& sample) {
  uint64_t bytes = 0, sampled = 0, file_begin = 0, read_to = 0;
  for (const InputFile& file : files) bytes += file.size;
  std::vector<char> buffer(kSpotBytes);
  FileHandle handle;
  size_t file = 0;
  for (size_t spot = 0; spot < kSpots; ++spot) {
    uint64_t at = std::max(bytes / kSpots * spot, read_to);
    while (file < files.size() && at >= file_begin + files[file].size) file_begin += files[file++].size;
    if (file == files.size()) break;
    if (files[file].packed()) continue;
    uint64_t offset = anywhere ? at - file_begin : 0;
    auto length = static_cast<size_t>(std::min<uint64_t>(kSpotBytes, files[file].size - offset));
    handle.open(files[file]);
    handle.read(offset, length, buffer.data());
    read_to = anywhere ? at + length : file_begin + files[file].size;
    sampled += length;
    sample.begin_spot();
    if (length != 0) see_rows({buffer.data(), length}, offset == 0, sample);
  }
  return sampled;
}

// The begins of some packed files, and of the first members of archives. Returns how many bytes of the files that took.
uint64_t sample_packed(const std::vector<InputFile>& files, const SeeRows& see_rows, ColumnSample& sample) {
  constexpr size_t kFiles = 4, kBytes = kSpots * kSpotBytes / kFiles;
  uint64_t sampled = 0;
  size_t unpacked = 0;
  std::string text;
  for (const InputFile& file : files) {
    if (!file.packed() || unpacked == kFiles) continue;
    ++unpacked;
    std::unique_ptr<ByteSource> source_bytes = open_bytes(file);
    text.resize(kBytes);
    size_t begin = 0, filled = 0;
    auto end_text = [&] {
      sample.begin_spot();
      if (filled != begin) see_rows({text.data() + begin, filled - begin}, true, sample);
      begin = filled;
    };
    try {
      while (filled != kBytes) {
        size_t bytes = source_bytes->read(text.data() + filled, kBytes - filled, file.size);
        filled += bytes;
        if (bytes != 0) continue;
        if (!source_bytes->next_text()) break;
        end_text();
      }
    } catch (const Failure& failure) {
      if (failure.error().code != ErrorCode::kData) throw;  // the scan will tell
    }
    sampled += source_bytes->consumed();
    end_text();
  }
  return sampled;
}

}  // namespace

void ColumnSample::see(size_t column, std::string_view value) {
  Seen& seen = seen_[column];
  ++seen.values;
  seen.repeats += value == seen.before;
  seen.distinct.insert(Dictionary::hash(value));
  seen.before = value;
}

// A sample that repeats itself is enough. Else how many distinct values the whole column has is guessed from how often
// two rows of the sample meet: of n draws among d equally frequent values about n² / 2d pairs are equal. Skew makes the
// guess too low, which errs towards coding.
bool ColumnSample::worth_coding(const Seen& seen, double values_in_all) {
  if (seen.values < kFewValues) return true;
  auto n = static_cast<double>(seen.values), distinct = static_cast<double>(seen.distinct.size());
  if (distinct <= kMostDistinct * n) return true;
  return distinct < n && n * n / (2 * (n - distinct)) < kMostDistinct * values_in_all;
}

std::vector<ColumnHabits> ColumnSample::habits(double share) const {
  std::vector<ColumnHabits> habits;
  for (const Seen& seen : seen_) {
    auto values = static_cast<double>(seen.values);
    habits.push_back({worth_coding(seen, share == 0 ? 0 : values / share),
                      seen.values >= kFewValues && static_cast<double>(seen.repeats) > kRepeatShare * values});
  }
  return habits;
}

std::vector<ColumnHabits> sample_columns(const std::vector<InputFile>& files, size_t columns, bool anywhere,
                                         const SeeRows& see_rows) {
  ColumnSample sample(columns);
  uint64_t bytes = 0, sampled = 0;
  for (const InputFile& file : files) bytes += file.size;
  if (columns != 0) {
    sampled = sample_plain(files, anywhere, see_rows, sample) + sample_packed(files, see_rows, sample);
  }
  return sample.habits(bytes == 0 ? 0 : static_cast<double>(sampled) / static_cast<double>(bytes));
}

}  // namespace segue::formats

#include "formats/sample.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <unordered_set>

#include "base/error.h"
#include "columns/dictionary.h"
#include "formats/byte_source.h"
#include "formats/split_row.h"

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

struct Seen {
  size_t values = 0, repeats = 0;
  std::unordered_set<uint64_t> distinct;
  std::string before;
};

void see_row(const std::vector<std::string_view>& fields, const DelimitedSource& source,
             const std::vector<size_t>& columns, std::vector<Seen>& seen) {
  if (fields.size() != source.fields.size()) return;
  for (size_t i = 0; i < columns.size(); ++i) {
    std::string_view field = fields[columns[i]];
    if (field.empty()) continue;
    ++seen[i].values;
    seen[i].repeats += field == seen[i].before;
    seen[i].distinct.insert(Dictionary::hash(field));
    seen[i].before = field;
  }
}

// All lines but the first, unless it is whole and no header, and the last. That one may begin within quotes does not
// matter: such lines seldom have the right number of fields.
void see_lines(std::string_view text, bool at_begin, const DelimitedSource& source, const std::vector<size_t>& columns,
               std::vector<Seen>& seen) {
  std::vector<std::string_view> fields;
  size_t begin = at_begin && !source.header ? 0 : std::min(text.find('\n'), text.size() - 1) + 1;
  for (auto& column : seen) column.before.clear();
  while (begin < text.size()) {
    size_t bytes = split_row(text.substr(begin), source.delimiter, source.quote, fields);
    if (begin + bytes == text.size()) break;
    see_row(fields, source, columns, seen);
    begin += bytes;
  }
}

// Spots all over the files. Returns how many bytes of them were seen.
uint64_t sample_plain(const DelimitedSource& source, const std::vector<InputFile>& files,
                      const std::vector<size_t>& columns, std::vector<Seen>& seen) {
  uint64_t bytes = 0, sampled = 0, file_begin = 0, read_to = 0;
  for (const InputFile& file : files) bytes += file.size;
  std::vector<char> buffer(kSpotBytes);
  FileHandle handle;
  size_t file = 0;
  for (size_t spot = 0; spot < kSpots; ++spot) {
    uint64_t at = std::max(bytes / kSpots * spot, read_to);
    while (file < files.size() && at >= file_begin + files[file].size) file_begin += files[file++].size;
    if (file == files.size()) break;
    if (files[file].gzip) continue;
    uint64_t offset = at - file_begin;
    auto length = static_cast<size_t>(std::min<uint64_t>(kSpotBytes, files[file].size - offset));
    handle.open(files[file]);
    handle.read(offset, length, buffer.data());
    read_to = at + length;
    sampled += length;
    see_lines({buffer.data(), length}, offset == 0, source, columns, seen);
  }
  return sampled;
}

// The begins of some compressed files. Returns how many bytes of the files that took.
uint64_t sample_compressed(const DelimitedSource& source, const std::vector<InputFile>& files,
                           const std::vector<size_t>& columns, std::vector<Seen>& seen) {
  constexpr size_t kFiles = 4, kBytes = kSpots * kSpotBytes / kFiles;
  uint64_t sampled = 0;
  size_t unpacked = 0;
  std::string text;
  for (const InputFile& file : files) {
    if (!file.gzip || unpacked == kFiles) continue;
    ++unpacked;
    GzipBytes source_bytes(file);
    text.resize(kBytes);
    size_t filled = 0;
    try {
      for (size_t bytes; (bytes = source_bytes.read(text.data() + filled, kBytes - filled, file.size)) != 0;)
        filled += bytes;
    } catch (const Failure& failure) {
      if (failure.error().code != ErrorCode::kData) throw;  // the scan will tell
    }
    sampled += source_bytes.consumed();
    if (filled != 0) see_lines({text.data(), filled}, true, source, columns, seen);
  }
  return sampled;
}

// A sample that repeats itself is enough. Else how many distinct values the whole column has is guessed from how often
// two rows of the sample meet: of n draws among d equally frequent values about n² / 2d pairs are equal. Skew makes the
// guess too low, which errs towards coding.
bool worth_coding(const Seen& seen, double values_in_all) {
  if (seen.values < kFewValues) return true;
  auto n = static_cast<double>(seen.values), distinct = static_cast<double>(seen.distinct.size());
  if (distinct <= kMostDistinct * n) return true;
  return distinct < n && n * n / (2 * (n - distinct)) < kMostDistinct * values_in_all;
}

}  // namespace

std::vector<ColumnHabits> sample_columns(const DelimitedSource& source, const std::vector<InputFile>& files,
                                         const std::vector<size_t>& columns) {
  uint64_t bytes = 0;
  for (const InputFile& file : files) bytes += file.size;
  uint64_t sampled = 0;
  std::vector<Seen> seen(columns.size());
  if (!columns.empty())
    sampled = sample_plain(source, files, columns, seen) + sample_compressed(source, files, columns, seen);
  std::vector<ColumnHabits> habits(columns.size());
  for (size_t i = 0; i < columns.size(); ++i) {
    auto values = static_cast<double>(seen[i].values);
    double in_all = sampled == 0 ? 0 : values * static_cast<double>(bytes) / static_cast<double>(sampled);
    habits[i].coded = worth_coding(seen[i], in_all);
    habits[i].repeats = seen[i].values >= kFewValues && static_cast<double>(seen[i].repeats) > kRepeatShare * values;
  }
  return habits;
}

}  // namespace segue::formats

#include "runs/sources.h"

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <system_error>

#include <fmt/format.h>

#include "formats/delimited.h"
#include "formats/files.h"
#include "formats/json.h"
#include "formats/line_reader.h"
#include "formats/parquet.h"
#include "formats/partitions.h"
#include "runs/table_source.h"
#include "storage/at_once.h"
#include "storage/download.h"
#include "storage/remote_file.h"

namespace segue::runs {
namespace {

// Hands the bad rows over when the scan ends, as the engine does not keep the scanner longer.
class CollectingScanner : public formats::Scanner {
 public:
  CollectingScanner(std::unique_ptr<formats::Scanner> inner, const definition::Source& source, bool whole,
                    std::vector<formats::BadRow>& bad_rows)
      : inner_(std::move(inner)), source_(source), whole_(whole), bad_rows_(bad_rows) {}

  size_t morsels() const override { return inner_->morsels(); }
  uint64_t bytes() const override { return inner_->bytes(); }
  const std::vector<Field>& fields() const override { return inner_->fields(); }
  size_t file(size_t morsel) const override { return inner_->file(morsel); }
  void scan(size_t worker, size_t morsel, const std::function<void(Batch&&)>& emit) override {
    inner_->scan(worker, morsel, [&](Batch&& batch) {
      if (batch.rows != 0) any_good_.store(true, std::memory_order_relaxed);
      emit(std::move(batch));
    });
  }
  void finish() override {
    inner_->finish();
    bad_rows_ = inner_->take_bad_rows();
    // Where each row is bad, the definition hardly fits the files: nothing is to be published of that, unless the
    // definition itself says how many may be bad.
    if (whole_ && !bad_rows_.empty() && !any_good_.load() && !source_.bad_rows.at_most_share) throw Failure(all_bad());
  }
  std::vector<formats::BadRow> take_bad_rows() override { return {}; }

 private:
  Error all_bad() const {
    const formats::BadRow& first = bad_rows_.front();
    std::string rows = bad_rows_.size() == 1 ? "the only row is" : fmt::format("all {} rows are", bad_rows_.size());
    return {ErrorCode::kData,
            fmt::format("{}: {} bad; the first: {}", source_.name, rows, first.reason),
            {first.file, first.line, 0, 0},
            "do the source's `format` and `columns` fit the file? `bad_rows: {quarantine, at_most: 100%}` is for files "
            "that may have no good row"};
  }

  std::unique_ptr<formats::Scanner> inner_;
  const definition::Source& source_;
  const bool whole_;
  std::vector<formats::BadRow>& bad_rows_;
  std::atomic<bool> any_good_ = false;
};

formats::DelimitedSource delimited_source(const definition::Source& source) {
  formats::DelimitedSource delimited;
  delimited.delimiter = source.format.delimiter;
  delimited.quote = source.format.quote;
  delimited.encoding =
      source.format.encoding == definition::Encoding::kLatin1 ? formats::Encoding::kLatin1 : formats::Encoding::kUtf8;
  delimited.header = source.format.header;
  delimited.null_spellings = {""};
  delimited.null_spellings.insert(delimited.null_spellings.end(), source.format.nulls.begin(),
                                  source.format.nulls.end());
  return delimited;
}

// The files that somebody needs, and what the folders of each tell.
struct ReadFiles {
  std::vector<std::string> paths;
  std::vector<std::vector<Value>> values;
};

ReadFiles needed_files(const PreparedSource& source, std::vector<std::string> files) {
  std::vector<Field> told;
  for (size_t column : source.told) told.push_back(source.source->columns[column]);
  ReadFiles read;
  for (std::string& path : files) {
    std::vector<Value> values = formats::values_in_path(path, told);
    if (!needed(source.readers, source.told, values)) continue;
    read.paths.push_back(std::move(path));
    read.values.push_back(std::move(values));
  }
  return read;
}

}  // namespace

std::vector<std::string> files_of(const definition::Source& source, const Cancellation& cancellation) {
  if (!source.table.empty()) return {};
  if (std::error_code error; !source.url.empty() && !std::filesystem::exists(source.path, error)) {
    throw Failure(Error{ErrorCode::kIo, fmt::format("{} is not fetched yet", storage::shown_url(source.url)),
                        source.path_place, "`segue fetch` downloads the files of the web that sources name"});
  }
  try {
    return formats::expand_files(source.path, &cancellation);
  } catch (const Failure& failure) {
    // The reader's place is the path itself; the definition's line is where it can be mended.
    std::vector<Error> errors = failure.errors();
    if (source.path_place.known()) errors.front().place = source.path_place;
    throw Failure(std::move(errors));
  }
}

uint64_t bytes_of(const PreparedSource& source, const Cancellation& cancellation) {
  std::atomic<uint64_t> bytes = 0;
  if (source.table) {
    for (const lake::DataFile& file : needed_files(*source.table, source.readers)) bytes += file.bytes;
  } else {
    std::vector<std::string> paths = needed_files(source, files_of(*source.source, cancellation)).paths;
    storage::each_at_once(paths.size(), storage::calls_at_once(paths),
                          [&](size_t i) { bytes += formats::inspect_file(paths[i], &cancellation).size; });
  }
  return bytes;
}

std::unique_ptr<formats::Scanner> open_source(const PreparedSource& source, std::vector<std::string> files,
                                              const std::vector<size_t>& columns, size_t workers,
                                              const Cancellation& cancellation, Progress* progress,
                                              BadRowsOfSources& bad_rows, bool whole,
                                              const std::map<std::string, int64_t>& keys) {
  const definition::Source& definition = *source.source;
  if (!definition.table.empty()) {
    SEGUE_ASSERT(source.table != nullptr);
    return open_table(*source.table, columns, workers, cancellation, progress, source.readers);
  }
  ReadFiles read = needed_files(source, std::move(files));
  formats::PartitionedColumns all{definition.columns, source.told, std::move(read.values), columns, source.used};
  if (size_t past = definition.columns.size(); std::ranges::find(columns, past) != columns.end()) {
    all.fields.push_back({lake::kFileColumn, TypeId::kBigint});
    all.partitions.push_back(past);
    for (size_t i = 0; i < read.paths.size(); ++i) all.values[i].push_back({TypeId::kBigint, keys.at(read.paths[i])});
  }
  auto open = [&](const formats::FileColumns& of_files) -> std::unique_ptr<formats::Scanner> {
    auto fill = [&](auto& to_read) {  // what sources of all formats have
      to_read.name = definition.name;
      to_read.files = std::move(read.paths);
      to_read.fields = of_files.fields;
      to_read.columns = of_files.columns;
      to_read.used = of_files.used;
      to_read.bad_rows = {definition.bad_rows.quarantine, definition.bad_rows.at_most_share};
    };
    if (definition.format.type == definition::FormatType::kDelimited) {
      formats::DelimitedSource delimited = delimited_source(definition);
      delimited.members = definition.member;
      fill(delimited);
      return formats::open_delimited(delimited, workers, cancellation, progress);
    }
    if (definition.format.type == definition::FormatType::kParquet) {
      formats::ParquetSource parquet;
      fill(parquet);
      parquet.needed = needs_row_group(source.readers, source.told, all.values);
      return formats::open_parquet(parquet, workers, cancellation, progress);
    }
    formats::JsonSource json;
    json.lines = definition.format.type == definition::FormatType::kJsonLines;
    json.members = definition.member;
    fill(json);
    return formats::open_json(json, workers, cancellation, progress);
  };
  return std::make_unique<CollectingScanner>(formats::open_partitioned(all, open), definition, whole,
                                             bad_rows[definition.name]);
}

}  // namespace segue::runs

#include "formats/parquet.h"

#include <algorithm>
#include <atomic>

#include <arrow/api.h>
#include <arrow/compute/api_vector.h>
#include <fmt/format.h>

#include "base/clean_text.h"
#include "base/error.h"
#include "base/memory.h"
#include "columns/arrow.h"
#include "columns/value.h"
#include "formats/column_choice.h"
#include "formats/parquet_file.h"
#include "storage/at_once.h"
#include "storage/remote_file.h"

namespace segue::formats {
namespace {

template <class T>
Column column_over(Type type, Array<T>&& values, const Column& from) {
  struct Made {
    Array<T> values;
    std::shared_ptr<const void> source;
  };
  auto made = std::make_shared<Made>(Made{std::move(values), from.owner});
  Column column;
  column.type = std::move(type);
  column.values = made->values.data();
  column.valid = from.valid;
  column.owner = made;
  return column;
}

template <class From, class To>
Column widen(const Column& column, size_t rows, const Type& to) {
  Array<To> values(rows);
  std::copy_n(column.as<From>(), rows, values.data());
  return column_over(to, std::move(values), column);
}

template <class From>
Column widen_integer(const Column& column, size_t rows, const Type& to) {
  switch (to.id) {
    case TypeId::kSmallint: return widen<From, int16_t>(column, rows, to);
    case TypeId::kInteger: return widen<From, int32_t>(column, rows, to);
    default: return widen<From, int64_t>(column, rows, to);
  }
}

// REQUIRES: column is from_arrow's, of a type that ParquetFile found to fit.
Column convert(Column column, size_t rows, const Type& to) {
  if (column.type == to) return column;
  switch (column.type.id) {
    case TypeId::kNull: return constant_column({to, {}});
    case TypeId::kTinyint: return widen_integer<int8_t>(column, rows, to);
    case TypeId::kSmallint: return widen_integer<int16_t>(column, rows, to);
    case TypeId::kInteger: return widen_integer<int32_t>(column, rows, to);
    case TypeId::kFloat: return widen<float, double>(column, rows, to);
    case TypeId::kDecimal:
      if (to.wide_decimal() && !column.type.wide_decimal()) return widen<int64_t, Int128>(column, rows, to);
      [[fallthrough]];
    default: column.type = to; return column;
  }
}

// The codes of a piece's texts, Dictionary::kInvalid where one is no clean text. `path` is for messages.
Column encode(const arrow::Array& array, Dictionary& dictionary, const std::string& path) {
  const auto& coded = static_cast<const arrow::DictionaryArray&>(array);
  SEGUE_ASSERT(array.type_id() == arrow::Type::DICTIONARY && coded.indices()->type_id() == arrow::Type::INT32);
  Column words = from_arrow(coded.dictionary());
  Array<uint32_t> codes_of_words(static_cast<size_t>(coded.dictionary()->length()));
  for (size_t i = 0; i < codes_of_words.size(); ++i) {
    std::string_view word = words.is_valid(i) ? words.as<std::string_view>()[i] : std::string_view();
    bool clean = words.is_valid(i) && clean_text(word);
    codes_of_words[i] = clean ? dictionary.intern(word) : words.is_valid(i) ? Dictionary::kInvalid : 0;
  }
  const auto& indices = static_cast<const arrow::Int32Array&>(*coded.indices());
  const int32_t* index = indices.raw_values();
  auto code_of = [&](size_t i) {
    auto word = static_cast<size_t>(index[i]);
    if (word >= codes_of_words.size()) [[unlikely]]
      throw Failure(Error{ErrorCode::kData,
                          fmt::format("{} is damaged: a text that its dictionary has not", path),
                          {path, 0, 0, 0},
                          "fetch it again"});
    return codes_of_words[word];
  };
  Array<uint32_t> codes(static_cast<size_t>(array.length()));
  if (array.null_count() == 0) {
    for (size_t i = 0; i < codes.size(); ++i) codes[i] = code_of(i);
  } else {
    for (size_t i = 0; i < codes.size(); ++i) codes[i] = indices.IsValid(static_cast<int64_t>(i)) ? code_of(i) : 0;
  }
  return column_over(TypeId::kVarchar, std::move(codes), {});
}

std::string_view word_at(const arrow::Array& array, size_t row) {
  const auto& coded = static_cast<const arrow::DictionaryArray&>(array);
  const auto& words = static_cast<const arrow::BinaryArray&>(*coded.dictionary());
  return words.GetView(coded.GetValueIndex(static_cast<int64_t>(row)));
}

// Whether all VARCHARs of a row are clean text; lists and structs are looked into. `unclean` is what is not, unless it
// is coded.
bool clean_row(const Column& column, size_t row, std::string_view& unclean) {
  size_t at = row * column.stride;
  if (column.coded()) return column.as<uint32_t>()[at] != Dictionary::kInvalid;
  if (column.valid != nullptr && column.valid[at] == 0) return true;
  switch (column.type.id) {
    case TypeId::kVarchar:
      if (clean_text(column.as<std::string_view>()[at])) return true;
      unclean = column.as<std::string_view>()[at];
      return false;
    case TypeId::kStruct:
      return std::ranges::all_of(column.children, [&](const Column& child) { return clean_row(child, row, unclean); });
    case TypeId::kList: {
      const auto* offsets = column.as<uint64_t>();
      for (uint64_t i = offsets[at]; i < offsets[at + 1]; ++i) {
        if (!clean_row(column.children[0], i, unclean)) return false;
      }
      return true;
    }
    default: return true;
  }
}

bool holds_text(const Type& type) {
  return type.id == TypeId::kVarchar ||
         std::ranges::any_of(type.fields, [](const Field& field) { return holds_text(field.type); });
}

class ParquetScanner final : public Scanner {
 public:
  ParquetScanner(const ParquetSource& source, size_t workers, const Cancellation& cancellation, Progress* progress);

  size_t morsels() const override { return morsels_.size(); }
  uint64_t bytes() const override { return bytes_; }
  size_t file(size_t morsel) const override { return morsels_[morsel].file; }
  const std::vector<Field>& fields() const override { return choice_.fields; }
  void scan(size_t worker, size_t morsel, const std::function<void(Batch&&)>& emit) override;
  void finish() override;
  std::vector<BadRow> take_bad_rows() override { return std::exchange(kept_bad_rows_, {}); }

 private:
  using Emit = std::function<void(Batch&&)>;
  struct Morsel {
    uint32_t file = 0;
    size_t row_group = 0;
    uint64_t rows_before = 0;  // in the file
    uint64_t rows = 0, bytes = 0;
  };
  struct Worker {
    const ParquetFile* file = nullptr;
    std::unique_ptr<parquet::arrow::FileReader> reader;
  };

  bool needed(const ParquetSource& source, size_t file_number, size_t row_group) const;
  void read_rows(Worker& worker, size_t morsel, const Emit& emit);
  std::vector<Column> columns_of(const ParquetFile& file, const arrow::RecordBatch& piece);
  std::shared_ptr<arrow::RecordBatch> drop_bad_rows(const ParquetFile& file, size_t morsel, uint64_t first,
                                                    const std::vector<Column>& columns,
                                                    const std::shared_ptr<arrow::RecordBatch>& piece);
  void deliver(size_t morsel, Batch&& batch, const Emit& emit);

  const std::string name_;
  const size_t batch_rows_;
  const ColumnChoice choice_;
  std::vector<Field> reads_;  // of choice_.reads
  const Cancellation& cancellation_;
  Progress* const progress_;
  BadRows bad_rows_;
  std::vector<std::unique_ptr<ParquetFile>> files_;
  std::vector<bool> coded_;                                // by place among reads_
  std::vector<std::shared_ptr<Dictionary>> dictionaries_;  // of these, or null
  std::vector<Morsel> morsels_;
  uint64_t bytes_ = 0;
  std::vector<Worker> workers_;
  std::atomic<uint64_t> rows_{0};
  std::vector<BadRow> kept_bad_rows_;
};

ParquetScanner::ParquetScanner(const ParquetSource& source, size_t workers, const Cancellation& cancellation,
                               Progress* progress)
    : name_(source.name),
      batch_rows_(source.batch_rows),
      choice_(source.fields, source.used, source.columns),
      cancellation_(cancellation),
      progress_(progress),
      bad_rows_(source.name, source.bad_rows),
      workers_(workers) {
  for (const auto& read : choice_.reads) reads_.push_back(source.fields[read.field]);
  coded_.resize(reads_.size());
  for (size_t i = 0; i < reads_.size(); ++i) coded_[i] = choice_.reads[i].text;
  files_.resize(source.files.size());
  storage::each_at_once(files_.size(), storage::calls_at_once(source.files), [&](size_t i) {
    cancellation_.check();
    files_[i] = std::make_unique<ParquetFile>(source.files[i], reads_, source.missing_is_null, cancellation_);
  });
  for (size_t i = 0; i < files_.size(); ++i) {
    const ParquetFile& file = *files_[i];
    uint64_t rows_before = 0;
    for (size_t group = 0; group < file.row_groups().size(); ++group) {
      auto [rows, bytes] = file.row_groups()[group];
      if (needed(source, i, group)) {
        morsels_.push_back({static_cast<uint32_t>(i), group, rows_before, rows, bytes});
        bytes_ += bytes;
      }
      rows_before += rows;
    }
    if (rows_before == 0) continue;
    for (const ParquetColumn& column : file.columns())
      coded_[column.read] = coded_[column.read] && column.type.text() && column.dictionary;
  }
  for (bool coded : coded_) dictionaries_.push_back(coded ? std::make_shared<Dictionary>() : nullptr);
  if (progress_ != nullptr) progress_->bytes_total += bytes_;
}

bool ParquetScanner::needed(const ParquetSource& source, size_t file_number, size_t row_group) const {
  if (!source.needed) return true;
  const ParquetFile& file = *files_[file_number];
  std::vector<ValueRange> ranges;
  for (const Field& field : source.fields) ranges.push_back({{field.type, {}}, {field.type, {}}});
  for (const ParquetColumn& column : file.columns()) {
    auto range = file.range(column, row_group);
    if (!range) continue;
    size_t field = choice_.reads[column.read].field;
    const Type& type = source.fields[field].type;
    ranges[field] = {value_at(convert(range->first, 1, type), 0), value_at(convert(range->second, 1, type), 0)};
  }
  return source.needed(file_number, ranges);
}

void ParquetScanner::scan(size_t worker_index, size_t morsel, const Emit& emit) {
  SEGUE_ASSERT(worker_index < workers_.size() && morsel < morsels_.size());
  cancellation_.check();
  if (bad_rows_.ended_before(morsel)) return;
  const Morsel& at = morsels_[morsel];
  if (files_[at.file]->columns().empty()) {
    for (uint64_t done = 0; done < at.rows; done += batch_rows_) {
      Batch batch;
      batch.rows = std::min<uint64_t>(batch_rows_, at.rows - done);
      for (const Field& field : choice_.fields) batch.columns.push_back(constant_column({field.type, {}}));
      deliver(morsel, std::move(batch), emit);
    }
  } else if (at.rows != 0) {
    try {
      read_rows(workers_[worker_index], morsel, emit);
    } catch (const Failure& failure) {
      if (failure.error().code != ErrorCode::kData) throw;
      Error error = failure.error();
      error.place.file = files_[at.file]->path();
      bad_rows_.end({morsel, 0}, std::move(error));
    }
  }
  if (progress_ != nullptr) progress_->bytes_read.fetch_add(at.bytes, std::memory_order_relaxed);
}

void ParquetScanner::read_rows(Worker& worker, size_t morsel, const Emit& emit) {
  const Morsel& at = morsels_[morsel];
  const ParquetFile& file = *files_[at.file];
  if (worker.file != &file) {
    worker.file = nullptr;
    worker.reader = file.open(coded_);
    worker.file = &file;
  }
  auto pieces = file.read(*worker.reader, at.row_group);
  uint64_t first = 0;
  for (std::shared_ptr<arrow::RecordBatch> piece;; first += static_cast<uint64_t>(piece->num_rows())) {
    cancellation_.check();
    file.check(pieces->ReadNext(&piece));
    if (piece == nullptr) break;
    auto rows = static_cast<size_t>(piece->num_rows());
    std::vector<Column> columns = columns_of(file, *piece);
    if (auto good = drop_bad_rows(file, morsel, first, columns, piece); good != piece) {
      rows = static_cast<size_t>(good->num_rows());
      columns = columns_of(file, *good);
    }
    for (size_t begin = 0; begin < rows; begin += batch_rows_) {
      Batch batch;
      batch.rows = std::min(batch_rows_, rows - begin);
      batch.columns.resize(choice_.fields.size());
      for (size_t i = 0; i < columns.size(); ++i) {
        if (size_t output = choice_.reads[i].output; output != ColumnChoice::kNone)
          batch.columns[output] = columns[i].slice(begin);
      }
      deliver(morsel, std::move(batch), emit);
    }
  }
  if (first != at.rows)
    fail(ErrorCode::kData,
         fmt::format("{}: {} rows in row group {}, {} expected", file.path(), first, at.row_group, at.rows));
}

// By place among reads_.
std::vector<Column> ParquetScanner::columns_of(const ParquetFile& file, const arrow::RecordBatch& piece) {
  std::vector<Column> columns(reads_.size());
  if (file.columns().size() != reads_.size())
    for (size_t i = 0; i < reads_.size(); ++i) columns[i] = constant_column({reads_[i].type, {}});
  auto rows = static_cast<size_t>(piece.num_rows());
  for (size_t i = 0; i < file.columns().size(); ++i) {
    size_t read = file.columns()[i].read;
    const auto& array = piece.column(static_cast<int>(i));
    if (dictionaries_[read] != nullptr) {
      columns[read] = encode(*array, *dictionaries_[read], file.path());
      columns[read].dictionary = dictionaries_[read];
    } else {
      columns[read] = convert(from_arrow(array), rows, reads_[read].type);
    }
  }
  return columns;
}

// The piece itself if all of its rows are good. `first`: of its rows in the row group.
std::shared_ptr<arrow::RecordBatch> ParquetScanner::drop_bad_rows(const ParquetFile& file, size_t morsel,
                                                                  uint64_t first, const std::vector<Column>& columns,
                                                                  const std::shared_ptr<arrow::RecordBatch>& piece) {
  auto rows = static_cast<size_t>(piece->num_rows());
  std::vector<bool> bad;
  for (size_t i = 0; i < file.columns().size(); ++i) {
    size_t read = file.columns()[i].read;
    if (!holds_text(reads_[read].type)) continue;
    for (size_t row = 0; row < rows; ++row) {
      std::string_view unclean;
      if (clean_row(columns[read], row, unclean) || (!bad.empty() && bad[row])) continue;
      if (columns[read].coded()) unclean = word_at(*piece->column(static_cast<int>(i)), row);
      bad.resize(rows);
      bad[row] = true;
      bad_rows_.add({morsel, 0}, first + row, 0, fmt::format("{}: not UTF-8, or with a NUL byte", reads_[read].name),
                    unclean);
    }
  }
  if (bad.empty()) return piece;
  arrow::BooleanBuilder good;
  arrow::Status status = good.Reserve(piece->num_rows());
  for (size_t row = 0; row < rows && status.ok(); ++row) good.UnsafeAppend(!bad[row]);
  auto filter = good.Finish();
  auto filtered = filter.ok() ? arrow::compute::Filter(piece, *filter) : filter.status();
  if (!filtered.ok()) fail(ErrorCode::kInternal, "Arrow: " + filtered.status().ToString());
  return filtered->record_batch();
}

void ParquetScanner::deliver(size_t morsel, Batch&& batch, const Emit& emit) {
  batch.sequence = morsel;
  rows_.fetch_add(batch.rows, std::memory_order_relaxed);
  if (progress_ != nullptr) progress_->rows_read.fetch_add(batch.rows, std::memory_order_relaxed);
  emit(std::move(batch));
}

void ParquetScanner::finish() {
  std::vector<std::vector<BadRows::Origin>> origins;
  for (const Morsel& morsel : morsels_) origins.push_back({{&files_[morsel.file]->path(), morsel.rows_before}});
  kept_bad_rows_ = bad_rows_.finish(origins, rows_.load(std::memory_order_relaxed));
}

}  // namespace

std::unique_ptr<Scanner> open_parquet(const ParquetSource& source, size_t workers, const Cancellation& cancellation,
                                      Progress* progress) {
  SEGUE_ASSERT(source.batch_rows >= 1 && source.batch_rows <= limits::kBatchRows);
  return std::make_unique<ParquetScanner>(source, workers, cancellation, progress);
}

}  // namespace segue::formats

#include "formats/delimited.h"

#include <algorithm>
#include <atomic>
#include <mutex>

#include <fmt/format.h>

#include "base/simd.h"
#include "formats/batch_memory.h"
#include "formats/convert.h"
#include "formats/line_reader.h"
#include "formats/row_index.h"
#include "formats/sample.h"

namespace segue::formats {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
constexpr size_t kNone = SIZE_MAX;

// A column that is read: handed on, or only looked at because its values can make a row bad.
struct ReadColumn {
  size_t field = 0;       // in the files
  size_t output = kNone;  // in the batches
  Type type;
  ColumnHabits habits;
  std::shared_ptr<Dictionary> dictionary;  // if it is handed on, coded
};

struct Morsel {
  uint32_t file = 0;
  uint64_t begin = 0, end = 0;
};

struct Worker {
  Worker(const Kernels& kernels, const DelimitedSource& source)
      : reader(source.window_bytes), index(kernels, source.fields.size(), source.delimiter[0]) {
    for (auto* array : {&begins, &lengths, &scratch}) array->resize(source.batch_rows);
    valid.resize(source.batch_rows);
    unused_values.resize(source.batch_rows * sizeof(Int128));
    bad = Array<uint8_t>(source.batch_rows, uint8_t{0});
  }
  LineReader reader;
  RowIndex index;
  BatchMemory memory;
  Array<uint32_t> begins, lengths, scratch;
  Array<uint8_t> valid;
  Array<char> unused_values;  // of columns that are only looked at
  Array<uint8_t> bad;         // a row's entry is 1 while the batch it is in has a bad value there; else all are 0
};

class DelimitedScanner final : public Scanner {
 public:
  DelimitedScanner(const DelimitedSource& source, size_t workers, const Cancellation& cancellation, Progress* progress)
      : source_(source),
        cancellation_(cancellation),
        progress_(progress),
        kernels_(kernels(simd::level())),
        bad_rows_(source.name, source.bad_rows),
        workers_(workers) {
    open_files();
    plan_columns();
  }

  size_t morsels() const override { return morsels_.size(); }
  uint64_t bytes() const override { return bytes_; }
  const std::vector<Field>& fields() const override { return fields_; }
  void scan(size_t worker, size_t morsel, const std::function<void(Batch&&)>& emit) override;
  void finish() override;
  std::vector<BadRow> take_bad_rows() override { return std::exchange(kept_bad_rows_, {}); }

 private:
  void open_files();
  void plan_columns();
  bool read_file_head(size_t morsel, LineReader::Window& window, uint64_t& lines);
  void scan_window(Worker& worker, size_t morsel, const LineReader::Window& window, uint64_t lines_before,
                   const std::function<void(Batch&&)>& emit);
  Batch convert(Worker& worker, size_t morsel, const LineReader::Window& window, uint64_t lines_before, size_t first,
                size_t rows);
  size_t convert_column(Worker& worker, const ReadColumn& column, const TextFields& fields, Column* out);
  void drop_bad_rows(Worker& worker, size_t morsel, const LineReader::Window& window, uint64_t lines_before,
                     size_t first, Batch& batch);
  std::string explain_row(const Worker& worker, const char* text, size_t row) const;
  void find_nulls(const TextFields& fields, uint8_t* valid, bool& any) const;
  size_t batch_bytes(size_t rows, size_t window_bytes) const;

  const DelimitedSource source_;
  const Cancellation& cancellation_;
  Progress* const progress_;
  const Kernels& kernels_;
  BadRows bad_rows_;
  std::vector<InputFile> files_;
  std::vector<Morsel> morsels_;
  std::vector<uint64_t> morsel_lines_;  // written by the worker that scans the morsel
  uint64_t bytes_ = 0;
  std::vector<Field> fields_;
  std::vector<ReadColumn> columns_;  // in the order of the files' fields
  bool empty_is_null_ = false;
  std::vector<std::string> null_spellings_;       // the others
  std::vector<std::unique_ptr<Worker>> workers_;  // each made by its first scan
  std::atomic<uint64_t> rows_{0};
  std::vector<BadRow> kept_bad_rows_;
};

void DelimitedScanner::open_files() {
  for (const std::string& path : source_.files) {
    files_.push_back(inspect_file(path));
    bytes_ += files_.back().size;
  }
  for (size_t file = 0; file < files_.size(); ++file) {
    for (uint64_t begin = 0; begin < files_[file].size; begin += source_.morsel_bytes) {
      morsels_.push_back(
          {static_cast<uint32_t>(file), begin, std::min<uint64_t>(begin + source_.morsel_bytes, files_[file].size)});
    }
  }
  morsel_lines_.resize(morsels_.size());
  if (progress_ != nullptr) progress_->bytes_total += bytes_;
}

void DelimitedScanner::plan_columns() {
  std::vector<size_t> outputs(source_.fields.size(), kNone);
  std::vector<bool> used(source_.fields.size());
  for (size_t field : source_.used) used[field] = true;
  for (size_t i = 0; i < source_.columns.size(); ++i) {
    outputs[source_.columns[i]] = i;
    used[source_.columns[i]] = true;
    fields_.push_back(source_.fields[source_.columns[i]]);
  }
  std::vector<size_t> texts;
  for (size_t field = 0; field < source_.fields.size(); ++field) {
    if (!used[field]) continue;
    columns_.push_back({field, outputs[field], source_.fields[field].type, {}, nullptr});
    if (source_.fields[field].type.id == TypeId::kVarchar && outputs[field] != kNone) texts.push_back(field);
  }
  std::vector<ColumnHabits> habits = sample_columns(source_, files_, texts);
  for (ReadColumn& column : columns_) {
    auto text = std::ranges::find(texts, column.field);
    if (text == texts.end()) continue;
    column.habits = habits[static_cast<size_t>(text - texts.begin())];
    if (column.habits.coded) column.dictionary = std::make_shared<Dictionary>();
  }
  for (const std::string& spelling : source_.null_spellings) {
    if (spelling.empty()) {
      empty_is_null_ = true;
    } else {
      null_spellings_.push_back(spelling);
    }
  }
}

void DelimitedScanner::scan(size_t worker_index, size_t morsel, const std::function<void(Batch&&)>& emit) {
  SEGUE_ASSERT(worker_index < workers_.size() && morsel < morsels_.size());
  cancellation_.check();
  if (bad_rows_.ended_before(morsel)) return;
  auto& slot = workers_[worker_index];
  if (slot == nullptr) slot = std::make_unique<Worker>(kernels_, source_);
  Worker& worker = *slot;
  const auto& [file, begin, end] = morsels_[morsel];
  worker.reader.start(files_[file], begin, end);
  uint64_t lines = 0, done = 0;
  LineReader::Window window;
  while (worker.reader.next(window)) {
    cancellation_.check();
    if (bad_rows_.ended_at(morsel)) break;
    if (window.offset == 0 && !read_file_head(morsel, window, lines)) continue;
    if (window.endless) {
      bad_rows_.add(morsel, lines, window.offset, fmt::format("the row is longer than {} MiB", limits::kRowBytes >> 20),
                    {window.text, window.bytes});
      ++lines;
    } else {
      scan_window(worker, morsel, window, lines, emit);
      lines += worker.index.lines();
    }
    if (progress_ != nullptr) {
      uint64_t now = std::min(std::max(window.offset + window.bytes, begin), end) - begin;
      progress_->bytes_read.fetch_add(now - done, std::memory_order_relaxed);
      done = now;
    }
  }
  morsel_lines_[morsel] = lines;
  if (progress_ != nullptr) progress_->bytes_read.fetch_add(end - begin - done, std::memory_order_relaxed);
}

// Takes the byte order mark and the header off the first window of a file. False if nothing is left of it.
bool DelimitedScanner::read_file_head(size_t morsel, LineReader::Window& window, uint64_t& lines) {
  const InputFile& file = files_[morsels_[morsel].file];
  auto skip = [&](size_t bytes) {
    window.text += bytes;
    window.bytes -= bytes;
    window.offset += bytes;
  };
  auto end = [&](std::string message, std::string hint) {
    bad_rows_.end(
        morsel,
        Error{ErrorCode::kData, fmt::format("{}: {}", source_.name, message), {file.path, 1, 0, 0}, std::move(hint)});
    return false;
  };
  std::string_view text(window.text, window.bytes);
  if (text.starts_with("\x1F\x8B")) return end("the file is compressed (gzip)", "gunzip it first");
  if (text.starts_with("\xFF\xFE") || text.starts_with("\xFE\xFF")) {
    return end("the file is UTF-16, not UTF-8", fmt::format("iconv -f UTF-16 -t UTF-8 '{}'", file.path));
  }
  if (text.starts_with(kByteOrderMark)) {
    if (file.size == kByteOrderMark.size()) return false;
    skip(kByteOrderMark.size());
  }
  if (!source_.header) return true;
  if (window.endless) return end("the header is longer than a row may be", "");
  std::string_view line(window.text, window.bytes);
  line = line.substr(0, line.find('\n'));
  skip(line.size() + 1);
  ++lines;
  if (line.ends_with('\r')) line.remove_suffix(1);
  auto names = static_cast<size_t>(std::ranges::count(line, source_.delimiter[0])) + 1;
  if (names != source_.fields.size()) {
    return end(fmt::format("the header has {} names, but {} columns are declared", names, source_.fields.size()),
               "declare a column for each field of the file, in its order, and look at the delimiter");
  }
  return window.bytes != 0;
}

void DelimitedScanner::scan_window(Worker& worker, size_t morsel, const LineReader::Window& window,
                                   uint64_t lines_before, const std::function<void(Batch&&)>& emit) {
  worker.index.build(window.text, window.bytes, [&](const RowIndex::Irregular& row) {
    std::string reason = row.fields == 0
                             ? fmt::format("the row is longer than {} MiB", limits::kRowBytes >> 20)
                             : fmt::format("{} fields expected, {} found", source_.fields.size(), row.fields);
    bad_rows_.add(morsel, lines_before + row.line, window.offset + row.begin, std::move(reason),
                  {window.text + row.begin, row.end - row.begin});
  });
  // Batches of about the same size: a small rest would cost as much as a whole one.
  size_t rows = worker.index.rows();
  size_t batches = (rows + source_.batch_rows - 1) / source_.batch_rows;
  for (size_t i = 0; i < batches; ++i) {
    size_t first = rows * i / batches, count = rows * (i + 1) / batches - first;
    Batch batch = convert(worker, morsel, window, lines_before, first, count);
    if (batch.rows == 0) continue;
    rows_.fetch_add(batch.rows, std::memory_order_relaxed);
    if (progress_ != nullptr) progress_->rows_read.fetch_add(batch.rows, std::memory_order_relaxed);
    emit(std::move(batch));
  }
}

// Most that a batch needs of BatchMemory.
size_t DelimitedScanner::batch_bytes(size_t rows, size_t window_bytes) const {
  size_t bytes = 0;
  for (const ReadColumn& column : columns_) {
    if (column.output == kNone) continue;
    bytes += rows * (converted_bytes(column.type) + 1) + 128;
  }
  return bytes + window_bytes + columns_.size() * 64;
}

Batch DelimitedScanner::convert(Worker& worker, size_t morsel, const LineReader::Window& window, uint64_t lines_before,
                                size_t first, size_t rows) {
  Batch batch;
  batch.rows = rows;
  batch.sequence = morsel;
  batch.columns.resize(fields_.size());
  worker.memory.begin(batch_bytes(rows, window.bytes));
  TextFields fields{window.text, worker.begins.data(), worker.lengths.data(), nullptr, rows};
  size_t bad = 0;
  for (const ReadColumn& column : columns_) {
    worker.index.fields(column.field, first, rows, worker.begins.data(), worker.lengths.data());
    bad += convert_column(worker, column, fields, column.output == kNone ? nullptr : &batch.columns[column.output]);
  }
  if (bad != 0) drop_bad_rows(worker, morsel, window, lines_before, first, batch);
  std::shared_ptr<const void> owner = worker.memory.finish();
  for (Column& column : batch.columns) column.owner = owner;
  return batch;
}

void DelimitedScanner::find_nulls(const TextFields& fields, uint8_t* valid, bool& any) const {
  uint8_t all = 1;
  for (size_t row = 0; row < fields.rows; ++row) {
    valid[row] = !empty_is_null_ | (fields.lengths[row] != 0);
    all &= valid[row];
  }
  for (const std::string& spelling : null_spellings_) {
    for (size_t row = 0; row < fields.rows; ++row) {
      if (fields.lengths[row] != spelling.size() || fields.text(row) != spelling) continue;
      valid[row] = all = 0;
    }
  }
  any = all == 0;
}

// Returns how many values are bad; marks their rows in worker.bad.
size_t DelimitedScanner::convert_column(Worker& worker, const ReadColumn& column, const TextFields& raw, Column* out) {
  TextFields fields = raw;
  bool has_nulls = false;
  bool coded = column.dictionary != nullptr;
  auto* valid =
      out == nullptr || coded ? worker.valid.data() : reinterpret_cast<uint8_t*>(worker.memory.allocate(fields.rows));
  find_nulls(fields, valid, has_nulls);
  if (has_nulls) {
    fields.valid = valid;
  } else if (out != nullptr && !coded) {
    worker.memory.give_back(reinterpret_cast<std::byte*>(valid));
  }
  uint8_t* bad = worker.bad.data();
  if (out == nullptr) {
    if (column.type.id == TypeId::kVarchar) return validate_text(fields, bad);
    return convert_fields(kernels_, column.type, fields, worker.unused_values.data(), nullptr, bad,
                          worker.scratch.data());
  }
  out->type = column.type;
  if (coded) {
    auto* codes = reinterpret_cast<uint32_t*>(worker.memory.allocate(fields.rows * sizeof(uint32_t)));
    out->values = codes;
    out->dictionary = column.dictionary;
    size_t count = column.dictionary->intern_fields(fields, column.habits.repeats, codes);
    if (count != 0) {
      for (size_t row = 0; row < fields.rows; ++row) bad[row] |= codes[row] == Dictionary::kInvalid;
    }
    return count;
  }
  void* values = worker.memory.allocate(fields.rows * converted_bytes(column.type));
  char* text = nullptr;
  if (column.type.id == TypeId::kVarchar) {
    size_t bytes = 0;
    for (size_t row = 0; row < fields.rows; ++row) bytes += fields.lengths[row];
    text = reinterpret_cast<char*>(worker.memory.allocate(bytes));
  }
  out->values = values;
  out->valid = fields.valid;
  return convert_fields(kernels_, column.type, fields, values, text, bad, worker.scratch.data());
}

// Reports the rows that worker.bad marks and closes the gaps they leave.
void DelimitedScanner::drop_bad_rows(Worker& worker, size_t morsel, const LineReader::Window& window,
                                     uint64_t lines_before, size_t first, Batch& batch) {
  uint8_t* bad = worker.bad.data();
  for (size_t i = 0; i < batch.rows; ++i) {
    if (!bad[i]) continue;
    size_t row = first + i, begin = worker.index.begin(row), end = worker.index.end(row);
    if (end > begin && window.text[end - 1] == '\r') --end;
    bad_rows_.add(morsel, lines_before + worker.index.line(row), window.offset + begin,
                  explain_row(worker, window.text, row), {window.text + begin, end - begin});
  }
  auto close_gaps = [&](const void* values, size_t width) {
    auto* bytes = static_cast<std::byte*>(const_cast<void*>(values));  // ours until the batch is handed on
    size_t to = 0;
    for (size_t i = 0; i < batch.rows; ++i) {
      if (bad[i]) continue;
      if (to != i) std::memcpy(bytes + to * width, bytes + i * width, width);
      ++to;
    }
  };
  for (Column& column : batch.columns) {
    close_gaps(column.values, column.coded() ? sizeof(uint32_t) : converted_bytes(column.type));
    if (column.valid != nullptr) close_gaps(column.valid, 1);
  }
  size_t rows = batch.rows;
  batch.rows -= static_cast<size_t>(std::ranges::count(bad, bad + rows, uint8_t{1}));
  std::fill_n(bad, rows, uint8_t{0});
}

// What is wrong with the row, told of its first bad value.
std::string DelimitedScanner::explain_row(const Worker& worker, const char* text, size_t row) const {
  for (const ReadColumn& column : columns_) {
    uint32_t begin = 0, length = 0;
    worker.index.fields(column.field, row, 1, &begin, &length);
    std::string_view field(text + begin, length);
    if (std::ranges::find(source_.null_spellings, field) != source_.null_spellings.end()) continue;
    std::string reason = explain(column.type, field);
    if (!reason.empty()) return fmt::format("{}: {}", source_.fields[column.field].name, reason);
  }
  fail(ErrorCode::kInternal, "a row was called bad but has no bad value");
}

void DelimitedScanner::finish() {
  std::vector<BadRows::Origin> origins(morsels_.size());
  uint64_t lines = 0;
  for (size_t i = 0; i < morsels_.size(); ++i) {
    if (morsels_[i].begin == 0) lines = 0;
    origins[i] = {&files_[morsels_[i].file].path, lines};
    lines += morsel_lines_[i];
  }
  kept_bad_rows_ = bad_rows_.finish(origins, rows_.load(std::memory_order_relaxed));
}

void validate(const DelimitedSource& source) {
  auto require = [&](bool holds, std::string message, std::string hint) {
    if (!holds) fail(ErrorCode::kDefinition, fmt::format("{}: {}", source.name, message), std::move(hint));
  };
  require(!source.fields.empty(), "no columns are declared",
          "declare a column for each field of the file, in its order");
  require(source.fields.size() <= limits::kColumns, fmt::format("more than {} columns", limits::kColumns), "");
  require(source.delimiter.size() == 1 && source.delimiter[0] != '\n' && source.delimiter[0] != '\r',
          "the delimiter must be one byte and no line end", "use \"\\t\", \",\", \";\" or \"|\"");
  for (const Field& field : source.fields) {
    require(readable(field.type),
            fmt::format("{}: delimited text can't be read as {}", field.name, to_string(field.type)),
            "declare it as VARCHAR and convert it in a step");
  }
  SEGUE_ASSERT(source.morsel_bytes >= 1 && source.morsel_bytes <= limits::kRowBytes);
  SEGUE_ASSERT(source.window_bytes >= 1 && source.window_bytes <= limits::kRowBytes);
  SEGUE_ASSERT(source.batch_rows >= 1 && source.batch_rows <= limits::kBatchRows);
  for (size_t field : source.columns) SEGUE_ASSERT(field < source.fields.size());
  for (size_t field : source.used) SEGUE_ASSERT(field < source.fields.size());
}

}  // namespace

std::unique_ptr<Scanner> open_delimited(const DelimitedSource& source, size_t workers, const Cancellation& cancellation,
                                        Progress* progress) {
  validate(source);
  return std::make_unique<DelimitedScanner>(source, workers, cancellation, progress);
}

}  // namespace segue::formats

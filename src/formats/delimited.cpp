#include "formats/delimited.h"

#include <algorithm>
#include <atomic>
#include <optional>

#include <fmt/format.h>

#include "base/simd.h"
#include "formats/column_reader.h"
#include "formats/convert.h"
#include "formats/line_reader.h"
#include "formats/row_index.h"

namespace segue::formats {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
struct Morsel {
  uint32_t file = 0;
  uint64_t begin = 0, end = 0;
};

struct Worker {
  Worker(const Kernels& kernels, const DelimitedSource& source)
      : reader(source.window_bytes),
        index(kernels, source.fields.size(), source.delimiter),
        scratch(source.batch_rows) {}
  LineReader reader;
  RowIndex index;
  ColumnScratch scratch;
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
    columns_.emplace(source_, files_, kernels_);
  }

  size_t morsels() const override { return morsels_.size(); }
  uint64_t bytes() const override { return bytes_; }
  const std::vector<Field>& fields() const override { return columns_->fields(); }
  void scan(size_t worker, size_t morsel, const std::function<void(Batch&&)>& emit) override;
  void finish() override;
  std::vector<BadRow> take_bad_rows() override { return std::exchange(kept_bad_rows_, {}); }

 private:
  void open_files();
  bool read_file_head(size_t morsel, LineReader::Window& window, uint64_t& lines);
  void scan_window(Worker& worker, size_t morsel, const LineReader::Window& window, uint64_t lines_before,
                   const std::function<void(Batch&&)>& emit);

  const DelimitedSource source_;
  const Cancellation& cancellation_;
  Progress* const progress_;
  const Kernels& kernels_;
  BadRows bad_rows_;
  std::vector<InputFile> files_;
  std::vector<Morsel> morsels_;
  std::vector<uint64_t> morsel_lines_;  // written by the worker that scans the morsel
  uint64_t bytes_ = 0;
  std::optional<ColumnReader> columns_;           // set when the files are known
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
  size_t names = 1;
  for (size_t at = 0; (at = line.find(source_.delimiter, at)) != std::string_view::npos; at += source_.delimiter.size())
    ++names;
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
    Batch batch =
        columns_->read(worker.scratch, worker.index, window, first, count, [&](size_t row, std::string reason) {
          size_t begin = worker.index.begin(row), end = worker.index.end(row);
          if (end > begin && window.text[end - 1] == '\r') --end;
          bad_rows_.add(morsel, lines_before + worker.index.line(row), window.offset + begin, std::move(reason),
                        {window.text + begin, end - begin});
        });
    batch.sequence = morsel;
    if (batch.rows == 0) continue;
    rows_.fetch_add(batch.rows, std::memory_order_relaxed);
    if (progress_ != nullptr) progress_->rows_read.fetch_add(batch.rows, std::memory_order_relaxed);
    emit(std::move(batch));
  }
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
  require(!source.delimiter.empty() && source.delimiter.size() <= kMostDelimiterBytes &&
              source.delimiter.find_first_of("\r\n") == std::string::npos,
          fmt::format("the delimiter must be 1 to {} bytes without a line end", kMostDelimiterBytes),
          "use \"\\t\", \",\", \";\", \"|\" or \"::\"");
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

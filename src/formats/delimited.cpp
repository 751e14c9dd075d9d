#include "formats/delimited.h"

#include <algorithm>
#include <atomic>
#include <optional>

#include <fmt/format.h>

#include "base/simd.h"
#include "formats/column_reader.h"
#include "formats/convert.h"
#include "formats/latin1.h"
#include "formats/line_reader.h"
#include "formats/plain_index.h"
#include "formats/quoted_index.h"
#include "formats/row_stream.h"
#include "formats/split_row.h"

namespace segue::formats {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

// A part of a file. Those of a SharedStream consist of its blocks.
struct Morsel {
  uint32_t file = 0;
  uint64_t begin = 0, end = 0;
  size_t first_block = 0, blocks = 0;
};

// A file that is read from its begin on.
struct StreamedFile {
  StreamedFile(RowStream rows, uint64_t bytes) : stream(std::move(rows)), block_bytes(bytes) {}
  SharedStream stream;
  uint64_t block_bytes;  // of the file, each
};

// Compressed bytes are fewer than those they become, mostly by this factor or less.
constexpr size_t kUnpacked = 16;

std::unique_ptr<RowIndex> make_index(const Kernels& kernels, const DelimitedSource& source) {
  if (source.quote)
    return std::make_unique<QuotedIndex>(kernels, source.fields.size(), source.delimiter, *source.quote);
  return std::make_unique<PlainIndex>(kernels, source.fields.size(), source.delimiter);
}

struct Worker {
  Worker(const Kernels& kernels, const DelimitedSource& source)
      : reader(source.window_bytes), index(make_index(kernels, source)), scratch(source.batch_rows) {}
  LineReader reader;
  RowBlock block;
  std::unique_ptr<RowIndex> index;
  ColumnScratch scratch;
  Block utf8;  // the window, if the file has another encoding
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
  void open_stream(uint32_t file, bool whole);
  void scan_lines(Worker& worker, size_t morsel, const std::function<void(Batch&&)>& emit);
  void scan_stream(Worker& worker, size_t morsel, const std::function<void(Batch&&)>& emit);
  bool take_window(Worker& worker, size_t morsel, LineReader::Window& window, uint64_t& lines,
                   const std::function<void(Batch&&)>& emit);
  bool read_file_head(size_t morsel, LineReader::Window& window, uint64_t& lines);
  std::string explain_row(const RowIndex::Irregular& row) const;
  void scan_window(Worker& worker, size_t morsel, const LineReader::Window& window, uint64_t lines_before,
                   const std::function<void(Batch&&)>& emit);

  const DelimitedSource source_;
  const Cancellation& cancellation_;
  Progress* const progress_;
  const Kernels& kernels_;
  BadRows bad_rows_;
  std::vector<InputFile> files_;
  std::vector<std::unique_ptr<StreamedFile>> streams_;  // of each file, or null
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
  streams_.resize(files_.size());
  // Several compressed files are unpacked at the same time, each by one worker; of a single one all workers read what
  // one unpacks.
  bool several = std::ranges::count_if(files_, &InputFile::gzip) > 1;
  for (uint32_t file = 0; file < files_.size(); ++file) {
    if (source_.quote || files_[file].gzip) {
      open_stream(file, several && files_[file].gzip);
      continue;
    }
    for (uint64_t begin = 0; begin < files_[file].size; begin += source_.morsel_bytes)
      morsels_.push_back({file, begin, std::min<uint64_t>(begin + source_.morsel_bytes, files_[file].size), 0, 0});
  }
  morsel_lines_.resize(morsels_.size());
  if (progress_ != nullptr) progress_->bytes_total += bytes_;
}

void DelimitedScanner::open_stream(uint32_t file, bool whole) {
  const InputFile& input = files_[file];
  std::unique_ptr<ByteSource> bytes;
  if (input.gzip) {
    bytes = std::make_unique<GzipBytes>(input);
  } else {
    bytes = std::make_unique<PlainBytes>(input);
  }
  RowStream rows(std::move(bytes), RowEnds(kernels_, source_.delimiter, source_.quote), input.size,
                 source_.window_bytes);
  uint64_t step = input.gzip ? std::max(source_.morsel_bytes / kUnpacked, size_t{1}) : source_.morsel_bytes;
  streams_[file] = std::make_unique<StreamedFile>(std::move(rows), step);
  auto blocks = static_cast<size_t>((input.size + step - 1) / step);
  if (whole) morsels_.push_back({file, 0, input.size, 0, blocks});
  for (size_t block = 0; block < blocks && !whole; ++block)
    morsels_.push_back({file, block * step, std::min<uint64_t>((block + 1) * step, input.size), block, 1});
}

void DelimitedScanner::scan(size_t worker_index, size_t morsel, const std::function<void(Batch&&)>& emit) {
  SEGUE_ASSERT(worker_index < workers_.size() && morsel < morsels_.size());
  cancellation_.check();
  if (bad_rows_.ended_before(morsel)) return;
  auto& slot = workers_[worker_index];
  if (slot == nullptr) slot = std::make_unique<Worker>(kernels_, source_);
  Worker& worker = *slot;
  if (streams_[morsels_[morsel].file] != nullptr) {
    scan_stream(worker, morsel, emit);
  } else {
    scan_lines(worker, morsel, emit);
  }
}

void DelimitedScanner::scan_lines(Worker& worker, size_t morsel, const std::function<void(Batch&&)>& emit) {
  const Morsel& at = morsels_[morsel];
  worker.reader.start(files_[at.file], at.begin, at.end);
  uint64_t lines = 0, done = 0;
  LineReader::Window window;
  while (worker.reader.next(window)) {
    uint64_t end = window.offset + window.bytes;
    if (!take_window(worker, morsel, window, lines, emit)) break;
    if (progress_ != nullptr) {
      uint64_t now = std::min(std::max(end, at.begin), at.end) - at.begin;
      progress_->bytes_read.fetch_add(now - done, std::memory_order_relaxed);
      done = now;
    }
  }
  morsel_lines_[morsel] = lines;
  if (progress_ != nullptr) progress_->bytes_read.fetch_add(at.end - at.begin - done, std::memory_order_relaxed);
}

void DelimitedScanner::scan_stream(Worker& worker, size_t morsel, const std::function<void(Batch&&)>& emit) {
  const Morsel& at = morsels_[morsel];
  StreamedFile& file = *streams_[at.file];
  auto end_of = [&](size_t block) { return std::min((block + 1) * file.block_bytes, files_[at.file].size); };
  uint64_t lines = 0;
  bool more = true;
  for (size_t block = at.first_block; more && block < at.first_block + at.blocks; ++block) {
    cancellation_.check();
    try {
      file.stream.take(block, end_of, worker.block);
    } catch (const Failure& failure) {
      if (failure.error().code != ErrorCode::kData) throw;
      bad_rows_.end(morsel, failure.error());
      break;
    }
    for (size_t i = 0; more && i < worker.block.windows(); ++i) {
      LineReader::Window window = worker.block.window(i);
      more = take_window(worker, morsel, window, lines, emit);
    }
    if (progress_ != nullptr)
      progress_->bytes_read.fetch_add(end_of(block) - block * file.block_bytes, std::memory_order_relaxed);
  }
  morsel_lines_[morsel] = lines;
}

// Reads the rows of a window and counts its lines. False if nothing behind it matters.
bool DelimitedScanner::take_window(Worker& worker, size_t morsel, LineReader::Window& window, uint64_t& lines,
                                   const std::function<void(Batch&&)>& emit) {
  cancellation_.check();
  if (bad_rows_.ended_at(morsel)) return false;
  if (window.offset == 0 && !read_file_head(morsel, window, lines)) return true;
  if (source_.encoding == Encoding::kLatin1) {
    std::string_view text(window.text,
                          window.endless ? std::min(window.bytes, limits::kBadRowTextBytes + 1) : window.bytes);
    text = latin1_to_utf8(text, worker.utf8);
    window.text = text.data();
    window.bytes = text.size();
  }
  if (window.endless) {
    bad_rows_.add(morsel, lines, window.offset, explain_row({0, 0, 0, RowProblem::kTooLong, 0}),
                  {window.text, window.bytes});
    lines += window.lines;
  } else {
    scan_window(worker, morsel, window, lines, emit);
    lines += worker.index->lines();
  }
  return true;
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
  if (text.starts_with("\xFF\xFE") || text.starts_with("\xFE\xFF")) {
    return end("the file is UTF-16, not UTF-8", fmt::format("iconv -f UTF-16 -t UTF-8 '{}'", file.path));
  }
  if (text.starts_with(kByteOrderMark) && source_.encoding == Encoding::kLatin1)
    return end("the file is UTF-8, by its byte order mark, not latin1", "leave `encoding` out");
  if (text.starts_with(kByteOrderMark)) {
    if (file.size == kByteOrderMark.size()) return false;
    skip(kByteOrderMark.size());
  }
  if (!source_.header) return true;
  if (window.endless) return end("the header is longer than a row may be", "");
  std::vector<std::string_view> names;
  size_t header = split_row({window.text, window.bytes}, source_.delimiter, source_.quote, names);
  lines += static_cast<uint64_t>(std::count(window.text, window.text + header, '\n'));
  skip(header);
  if (names.size() != source_.fields.size()) {
    return end(fmt::format("the header has {} names, but {} columns are declared", names.size(), source_.fields.size()),
               "declare a column for each field of the file, in its order, and look at the delimiter");
  }
  return window.bytes != 0;
}

std::string DelimitedScanner::explain_row(const RowIndex::Irregular& row) const {
  switch (row.problem) {
    case RowProblem::kTooLong:
      return fmt::format("the row is longer than {} MiB{}", limits::kRowBytes >> 20,
                         source_.quote ? "; is a quote not closed?" : "");
    case RowProblem::kFields: return fmt::format("{} fields expected, {} found", source_.fields.size(), row.fields);
    case RowProblem::kUnclosedQuote: return fmt::format("the quote that opens field {} is never closed", row.fields);
    case RowProblem::kTextBehindQuote: return fmt::format("text behind the closing quote of field {}", row.fields);
  }
  SEGUE_ASSERT(!"a problem");
  return "";
}

void DelimitedScanner::scan_window(Worker& worker, size_t morsel, const LineReader::Window& window,
                                   uint64_t lines_before, const std::function<void(Batch&&)>& emit) {
  RowIndex& index = *worker.index;
  auto offset_of = [&](size_t at) {
    return window.offset + (source_.encoding == Encoding::kLatin1 ? bytes_in_latin1({window.text, at}) : at);
  };
  index.build(window.text, window.bytes, [&](const RowIndex::Irregular& row) {
    bad_rows_.add(morsel, lines_before + row.line, offset_of(row.begin), explain_row(row),
                  {window.text + row.begin, row.end - row.begin});
  });
  // Batches of about the same size: a small rest would cost as much as a whole one.
  size_t rows = index.rows();
  size_t batches = (rows + source_.batch_rows - 1) / source_.batch_rows;
  for (size_t i = 0; i < batches; ++i) {
    size_t first = rows * i / batches, count = rows * (i + 1) / batches - first;
    Batch batch = columns_->read(worker.scratch, index, window, first, count, [&](size_t row, std::string reason) {
      size_t begin = index.begin(row), end = index.end(row);
      if (end > begin && window.text[end - 1] == '\r') --end;
      bad_rows_.add(morsel, lines_before + index.line(row), offset_of(begin), std::move(reason),
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
  require(!source.quote || (static_cast<uint8_t>(*source.quote) < 0x80 && *source.quote != '\n' &&
                            *source.quote != '\r' && source.delimiter.find(*source.quote) == std::string::npos),
          "the quote must be an ASCII character that is no line end and not in the delimiter", "use '\"' or \"'\"");
  require(source.encoding == Encoding::kUtf8 ||
              std::ranges::all_of(source.delimiter, [](char c) { return static_cast<uint8_t>(c) < 0x80; }),
          "in files that are latin1 the delimiter must be ASCII", "");
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

#include "formats/delimited.h"

#include <algorithm>
#include <optional>

#include <fmt/format.h>

#include "base/simd.h"
#include "formats/column_reader.h"
#include "formats/convert.h"
#include "formats/file_scanner.h"
#include "formats/latin1.h"
#include "formats/plain_index.h"
#include "formats/quoted_index.h"
#include "formats/row_ends.h"
#include "formats/split_row.h"

namespace segue::formats {
namespace {

std::unique_ptr<RowIndex> make_index(const Kernels& kernels, const DelimitedSource& source) {
  if (source.quote)
    return std::make_unique<QuotedIndex>(kernels, source.fields.size(), source.delimiter, *source.quote);
  return std::make_unique<PlainIndex>(kernels, source.fields.size(), source.delimiter);
}

struct Worker {
  Worker(const Kernels& kernels, const DelimitedSource& source)
      : index(make_index(kernels, source)), scratch(source.batch_rows) {}
  std::unique_ptr<RowIndex> index;
  ColumnScratch scratch;
  Block utf8;  // the window, if the file has another encoding
};

class DelimitedScanner final : public FileScanner {
 public:
  DelimitedScanner(const DelimitedSource& source, size_t workers, const Cancellation& cancellation, Progress* progress)
      : FileScanner(
            {source.name, source.files, source.members, source.bad_rows, source.morsel_bytes, source.window_bytes},
            workers, cancellation, progress),
        source_(source),
        kernels_(kernels(simd::level())),
        workers_(workers) {
    open_files();
    columns_.emplace(source_, files(), kernels_);
  }

  const std::vector<Field>& fields() const override { return columns_->fields(); }

 protected:
  std::unique_ptr<RowFinder> row_finder(const InputFile& file) const override {
    if (source_.quote) return std::make_unique<RowEnds>(kernels_, source_.delimiter, *source_.quote);
    if (file.packed()) return std::make_unique<LineEnds>();
    return nullptr;
  }
  uint64_t read_window(size_t worker, size_t morsel, Window window, uint64_t lines, const Emit& emit) override;

 private:
  bool read_file_head(size_t morsel, Window& window, uint64_t& lines);
  std::string explain_row(const RowIndex::Irregular& row) const;
  void read_rows(Worker& worker, size_t morsel, const Window& window, uint64_t lines_before, const Emit& emit);

  const DelimitedSource source_;
  const Kernels& kernels_;
  std::optional<ColumnReader> columns_;           // set when the files are known
  std::vector<std::unique_ptr<Worker>> workers_;  // each made by its first scan
};

uint64_t DelimitedScanner::read_window(size_t worker_index, size_t morsel, Window window, uint64_t lines,
                                       const Emit& emit) {
  auto& slot = workers_[worker_index];
  if (slot == nullptr) slot = std::make_unique<Worker>(kernels_, source_);
  Worker& worker = *slot;
  uint64_t head = 0;
  if (window.offset == 0 && !read_file_head(morsel, window, head)) return head;
  if (source_.encoding == Encoding::kLatin1) {
    std::string_view text(window.text,
                          window.endless ? std::min(window.bytes, limits::kBadRowTextBytes + 1) : window.bytes);
    text = latin1_to_utf8(text, worker.utf8);
    window.text = text.data();
    window.bytes = text.size();
  }
  if (window.endless) {
    bad_row(morsel, lines + head, window.offset, explain_row({0, 0, 0, RowProblem::kTooLong, 0}),
            {window.text, window.bytes});
    return head + window.lines;
  }
  read_rows(worker, morsel, window, lines + head, emit);
  return head + worker.index->lines();
}

// Takes the byte order mark and the header off the first window of a file. False if nothing is left of it.
bool DelimitedScanner::read_file_head(size_t morsel, Window& window, uint64_t& lines) {
  auto end = [&](std::string_view message, std::string hint) {
    end_at_head(morsel, message, std::move(hint));
    return false;
  };
  if (has_byte_order_mark(window) && source_.encoding == Encoding::kLatin1)
    return end("the file is UTF-8, by its byte order mark, not latin1", "leave `encoding` out");
  uint64_t offset = window.offset;
  if (!skip_byte_order_mark(morsel, window) || window.offset - offset == file_of(morsel).size) return false;
  if (!source_.header) return true;
  if (window.endless) return end("the header is longer than a row may be", "");
  std::vector<std::string_view> names;
  size_t header = split_row({window.text, window.bytes}, source_.delimiter, source_.quote, names);
  lines += static_cast<uint64_t>(std::count(window.text, window.text + header, '\n'));
  window.text += header;
  window.bytes -= header;
  window.offset += header;
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

void DelimitedScanner::read_rows(Worker& worker, size_t morsel, const Window& window, uint64_t lines_before,
                                 const Emit& emit) {
  RowIndex& index = *worker.index;
  auto offset_of = [&](size_t at) {
    return window.offset + (source_.encoding == Encoding::kLatin1 ? bytes_in_latin1({window.text, at}) : at);
  };
  index.build(window.text, window.bytes, [&](const RowIndex::Irregular& row) {
    bad_row(morsel, lines_before + row.line, offset_of(row.begin), explain_row(row),
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
      bad_row(morsel, lines_before + index.line(row), offset_of(begin), std::move(reason),
              {window.text + begin, end - begin});
    });
    deliver(morsel, std::move(batch), emit);
  }
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

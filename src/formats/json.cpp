#include "formats/json.h"

#include <algorithm>
#include <cstring>
#include <optional>

#include <fmt/format.h>

#include "base/error.h"
#include "formats/convert.h"
#include "formats/file_scanner.h"
#include "formats/json_ends.h"
#include "formats/json_reader.h"

namespace segue::formats {
namespace {

bool space(char c) { return c == ' ' || c == '\r' || c == '\t'; }

struct Worker {
  explicit Worker(const JsonColumns& columns) : reader(columns) {}
  JsonReader reader;
  std::vector<size_t> ends;
};

class JsonScanner final : public FileScanner {
 public:
  JsonScanner(const JsonSource& source, size_t workers, const Cancellation& cancellation, Progress* progress)
      : FileScanner(
            {source.name, source.files, source.members, source.bad_rows, source.morsel_bytes, source.window_bytes},
            workers, cancellation, progress),
        lines_(source.lines),
        batch_rows_(source.batch_rows),
        workers_(workers) {
    open_files();
    columns_.emplace(source, files());
  }

  const std::vector<Field>& fields() const override { return columns_->fields(); }

 protected:
  std::unique_ptr<RowFinder> row_finder(const InputFile& file) const override {
    if (!lines_) return std::make_unique<JsonEnds>();
    if (file.packed()) return std::make_unique<LineEnds>();
    return nullptr;
  }
  uint64_t read_window(size_t worker, size_t morsel, Window window, uint64_t lines, const Emit& emit) override;

 private:
  uint64_t read_lines(Worker& worker, size_t morsel, const Window& window, uint64_t lines, const Emit& emit);
  uint64_t read_elements(Worker& worker, size_t morsel, const Window& window, bool first, uint64_t lines,
                         const Emit& emit);

  const bool lines_;
  const size_t batch_rows_;
  std::optional<JsonColumns> columns_;            // set when the files are known
  std::vector<std::unique_ptr<Worker>> workers_;  // each made by its first scan
};

uint64_t JsonScanner::read_window(size_t worker_index, size_t morsel, Window window, uint64_t lines, const Emit& emit) {
  auto& slot = workers_[worker_index];
  if (slot == nullptr) slot = std::make_unique<Worker>(*columns_);
  if (window.problem != nullptr) {
    bad_row(morsel, lines, window.offset, window.problem, {window.text, window.bytes});
    return 0;
  }
  bool first = window.offset == 0;
  if (first && !skip_byte_order_mark(morsel, window)) return 0;
  if (window.endless) {
    bad_row(morsel, lines, window.offset, explain_long_row(), {window.text, window.bytes});
    return window.lines;
  }
  slot->reader.begin(window.text);
  uint64_t count = lines_ ? read_lines(*slot, morsel, window, lines, emit)
                          : read_elements(*slot, morsel, window, first, lines, emit);
  if (slot->reader.rows() != 0) deliver(morsel, slot->reader.take(), emit);
  return count;
}

uint64_t JsonScanner::read_lines(Worker& worker, size_t morsel, const Window& window, uint64_t lines,
                                 const Emit& emit) {
  uint64_t line = 0;
  for (size_t at = 0; at < window.bytes; ++line) {
    const char* row = window.text + at;
    const auto* end = static_cast<const char*>(std::memchr(row, '\n', window.bytes - at));  // a window ends with one
    at = static_cast<size_t>(end - window.text) + 1;
    while (row != end && space(*row)) ++row;
    while (row != end && space(end[-1])) --end;
    if (row == end) continue;
    auto bytes = static_cast<size_t>(end - row);
    std::string reason = worker.reader.add(row, bytes);
    if (!reason.empty()) [[unlikely]] {
      bad_row(morsel, lines + line, window.offset + static_cast<size_t>(row - window.text), std::move(reason),
              {row, bytes});
    } else if (worker.reader.rows() == batch_rows_) {
      deliver(morsel, worker.reader.take(), emit);
    }
  }
  return line;
}

uint64_t JsonScanner::read_elements(Worker& worker, size_t morsel, const Window& window, bool first, uint64_t lines,
                                    const Emit& emit) {
  split_elements({window.text, window.bytes}, first, worker.ends, [&](size_t begin, size_t end) {
    std::string reason = worker.reader.add(window.text + begin, end - begin);
    if (!reason.empty()) [[unlikely]] {
      auto line = static_cast<uint64_t>(std::count(window.text, window.text + begin, '\n'));
      bad_row(morsel, lines + line, window.offset + begin, std::move(reason), {window.text + begin, end - begin});
    } else if (worker.reader.rows() == batch_rows_) {
      deliver(morsel, worker.reader.take(), emit);
    }
  });
  return static_cast<uint64_t>(std::count(window.text, window.text + window.bytes, '\n'));
}

void validate(const JsonSource& source) {
  auto require = [&](bool holds, std::string message, std::string hint) {
    if (!holds) fail(ErrorCode::kDefinition, fmt::format("{}: {}", source.name, message), std::move(hint));
  };
  require(!source.fields.empty(), "no columns are declared", "declare a column for each key that is wanted");
  require(source.fields.size() <= limits::kColumns, fmt::format("more than {} columns", limits::kColumns), "");
  for (const Field& field : source.fields) {
    require(readable_json(field.type), fmt::format("{}: JSON can't be read as {}", field.name, to_string(field.type)),
            "declare it as VARCHAR and convert it in a step");
  }
  SEGUE_ASSERT(source.morsel_bytes >= 1 && source.morsel_bytes <= limits::kRowBytes);
  SEGUE_ASSERT(source.window_bytes >= 1 && source.window_bytes <= limits::kRowBytes);
  SEGUE_ASSERT(source.batch_rows >= 1 && source.batch_rows <= limits::kBatchRows);
  for (size_t field : source.columns) SEGUE_ASSERT(field < source.fields.size());
  for (size_t field : source.used) SEGUE_ASSERT(field < source.fields.size());
}

}  // namespace

bool readable_json(const Type& type) {
  if (!type.nested()) return readable(type);
  return std::ranges::all_of(type.fields, [](const Field& field) { return readable_json(field.type); });
}

std::unique_ptr<Scanner> open_json(const JsonSource& source, size_t workers, const Cancellation& cancellation,
                                   Progress* progress) {
  validate(source);
  return std::make_unique<JsonScanner>(source, workers, cancellation, progress);
}

}  // namespace segue::formats

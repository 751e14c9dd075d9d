#include "formats/bad_rows.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/limits.h"
#include "base/utf8.h"

namespace segue::formats {
namespace {

// The raw row as it is kept: cut between code points, printable.
std::string kept_text(std::string_view raw, size_t most) {
  if (raw.size() > most) {
    size_t end = most;
    while (end > most - 4 && (static_cast<uint8_t>(raw[end]) & 0xC0) == 0x80) --end;
    raw = raw.substr(0, end);
  }
  return printable_utf8(raw);
}

// Enough of a row to recognise it in a message.
constexpr size_t kMessageBytes = 200;

Error error_of(const std::string& source, const BadRow& row, std::string hint) {
  std::string text = row.text.size() > kMessageBytes ? kept_text(row.text, kMessageBytes) + " …" : row.text;
  return {ErrorCode::kData,
          fmt::format("{}: bad row: {} (byte {} of the file; the row is `{}`)", source, row.reason, row.offset, text),
          {row.file, row.line, 0, 0},
          std::move(hint)};
}

}  // namespace

void BadRows::add(Spot spot, uint64_t line, uint64_t offset, std::string reason, std::string_view raw) {
  Found row{spot, line, offset, std::move(reason), kept_text(raw, limits::kBadRowTextBytes)};
  std::lock_guard guard(lock_);
  text_bytes_ += row.text.size() + row.reason.size();
  found_.push_back(std::move(row));
  if (found_.size() > limits::kBadRows) {
    fail(ErrorCode::kLimit, fmt::format("{}: more than {} bad rows", source_, limits::kBadRows),
         "the declared columns, delimiter or encoding probably do not fit the files");
  }
  if (text_bytes_ > limits::kBadRowsBytes) {
    fail(ErrorCode::kLimit, fmt::format("{}: more than {} MB of bad rows", source_, limits::kBadRowsBytes >> 20),
         "the declared columns, delimiter or encoding probably do not fit the files");
  }
  if (!policy_.quarantine) end_at(spot.morsel);
}

void BadRows::end(Spot spot, Error error) {
  std::lock_guard guard(lock_);
  ends_.push_back({spot, std::move(error)});
  end_at(spot.morsel);
}

void BadRows::end_at(size_t morsel) {
  if (morsel < last_morsel_.load(std::memory_order_relaxed)) last_morsel_.store(morsel, std::memory_order_relaxed);
}

std::vector<BadRow> BadRows::finish(const std::vector<std::vector<Origin>>& origins, uint64_t good) {
  std::lock_guard guard(lock_);
  std::ranges::sort(found_,
                    [](const Found& a, const Found& b) { return std::tie(a.spot, a.line) < std::tie(b.spot, b.line); });
  auto end = std::ranges::min_element(ends_, {}, &End::spot);
  // What ends a run is the head of a file, before all its rows.
  if (end != ends_.end() && (policy_.quarantine || found_.empty() || end->spot <= found_.front().spot))
    throw Failure(end->error);
  std::vector<BadRow> rows;
  rows.reserve(found_.size());
  for (Found& row : found_) {
    const Origin& origin = origins[row.spot.morsel][row.spot.text];
    rows.push_back({source_, *origin.file, origin.lines_before + row.line + 1, row.offset, std::move(row.reason),
                    std::move(row.text)});
    if (!policy_.quarantine) {
      throw Failure(
          error_of(source_, rows.front(), "repair the row, or keep such rows aside with `bad_rows: quarantine`"));
    }
  }
  found_.clear();
  if (policy_.at_most_share && !rows.empty()) {
    auto all = static_cast<double>(good + rows.size());
    if (static_cast<double>(rows.size()) > *policy_.at_most_share * all) {
      Error error = error_of(source_, rows.front(), "");
      error.message = fmt::format("{} of {} rows are bad, more than the {:g} % allowed; the first: {}", rows.size(),
                                  good + rows.size(), *policy_.at_most_share * 100, error.message);
      error.hint = "repair the rows, or raise `at_most`";
      throw Failure(std::move(error));
    }
  }
  return rows;
}

}  // namespace segue::formats

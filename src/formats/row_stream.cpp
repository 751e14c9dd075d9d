#include "formats/row_stream.h"

#include <algorithm>
#include <cstring>
#include <string_view>

#include "base/error.h"
#include "base/limits.h"

namespace segue::formats {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

// Kept of a row that is too long: more than a bad row shows.
constexpr size_t kKeptBytes = 2 * limits::kBadRowTextBytes;

uint64_t lines_in(const char* text, size_t bytes) {
  return static_cast<uint64_t>(std::count(text, text + bytes, '\n'));
}

}  // namespace

LineReader::Window RowBlock::window(size_t i) const {
  const Part& part = windows_[i];
  return {text() + part.begin, part.bytes, part.offset, part.endless, part.lines, part.problem, part.member};
}

void RowBlock::reserve(size_t bytes) {
  if (bytes <= text_.bytes()) return;
  Block bigger(std::max(bytes, text_.bytes() * 2));
  if (filled_ != 0) std::memcpy(bigger.data(), text_.data(), filled_);
  text_ = std::move(bigger);
}

RowStream::RowStream(std::unique_ptr<ByteSource> source, MakeFinder make_finder, uint64_t file_bytes,
                     size_t window_bytes)
    : source_(std::move(source)),
      make_finder_(std::move(make_finder)),
      finder_(make_finder_()),
      file_bytes_(file_bytes),
      window_bytes_(window_bytes) {}

void RowStream::next(uint64_t until, RowBlock& block) {
  block.windows_.clear();
  block.filled_ = 0;
  if (stopped_) return;
  block.reserve(rest_.size());
  if (!rest_.empty()) std::memcpy(block.text(), rest_.data(), rest_.size());
  block.filled_ = rest_.size();
  window_ = row_ = 0;
  // Large steps of whole pages; what is followed is still in the cache.
  const size_t step = std::max(window_bytes_, size_t{64});
  while (true) {
    block.reserve(block.filled_ + step + 1);
    size_t bytes = source_->read(block.text() + block.filled_, step, until);
    if (bytes != 0) {
      follow(block, bytes);
      if (!stopped_) continue;
      if (!source_->skip_text()) return release();
      begin_text(block);
    } else if (source_->next_text()) {
      finish(block);
      begin_text(block);
    } else {
      break;
    }
  }
  if (until >= file_bytes_) {
    finish(block);
    return release();
  }
  if (row_ != window_) cut(block, row_);
  rest_.assign(block.text() + window_, block.filled_ - window_);
}

// Nothing follows. There may be many files, and all live as long as the scan.
void RowStream::release() {
  rest_ = {};
  ends_ = {};
  finder_.reset();
  source_.reset();
}

// What is filled from now on is another text.
void RowStream::begin_text(RowBlock& block) {
  finder_ = make_finder_();
  begun_ = stopped_ = dropping_ = false;
  window_ = row_ = block.filled_;
  window_offset_ = 0;
}

void RowStream::add(RowBlock& block, RowBlock::Part part) {
  part.member = source_->member();
  block.windows_.push_back(std::move(part));
}

// The next bytes stand behind what is filled.
void RowStream::follow(RowBlock& block, size_t bytes) {
  const char* text = block.text();
  size_t from = block.filled_, skipped = 0;
  block.filled_ += bytes;
  if (!begun_) {
    // The first row begins behind the mark; wait until all of it would be there.
    std::string_view head(text + window_, block.filled_ - window_);
    if (head.size() < kByteOrderMark.size() && kByteOrderMark.starts_with(head)) return;
    begun_ = true;
    from = window_;
    bytes = head.size();
    skipped = head.starts_with(kByteOrderMark) ? kByteOrderMark.size() : 0;
  }
  from += skipped;
  bytes -= skipped;
  ends_.clear();
  finder_->follow(text + from, bytes, ends_);
  if (!dropping_) {
    for (size_t end : ends_) {
      row_ = from + end;
      if (row_ - window_ >= window_bytes_) cut(block, row_);
    }
    if (RowFinder::Stop stop = finder_->stop(); stop.reason != nullptr)
      return end_stopped(block, from + stop.at, stop.reason);
    if (block.filled_ - row_ > limits::kRowBytes) drop_row(block);
    return;
  }
  size_t kept_from = SIZE_MAX;  // where the dropped row is behind
  for (size_t end : ends_) {
    if (kept_from == SIZE_MAX) {
      kept_from = from + end;
      dropped_bytes_ += end;
      dropped_lines_ += lines_in(text + from, end);
      end_dropped(block);  // its text ends at `from`
    }
    row_ = from + end;
  }
  if (kept_from == SIZE_MAX) {
    dropped_bytes_ += bytes;
    dropped_lines_ += lines_in(text + from, bytes);
    block.filled_ = from;
    return;
  }
  std::memmove(block.text() + from, block.text() + kept_from, block.filled_ - kept_from);
  block.filled_ -= kept_from - from;
  row_ -= kept_from - from;
  if (RowFinder::Stop stop = finder_->stop(); stop.reason != nullptr)
    end_stopped(block, from + stop.at - (kept_from - from), stop.reason);
}

// The window ends here.
void RowStream::cut(RowBlock& block, size_t end) {
  add(block, {window_, end - window_, window_offset_, false, 0, nullptr, nullptr});
  window_offset_ += end - window_;
  window_ = end;
}

// The row that is not complete is too long: what came of it is cut, what comes is dropped.
void RowStream::drop_row(RowBlock& block) {
  if (row_ != window_) cut(block, row_);
  dropping_ = true;
  size_t bytes = block.filled_ - window_;
  dropped_lines_ = lines_in(block.text() + window_, bytes);
  dropped_bytes_ = bytes - kKeptBytes;
  block.filled_ = window_ + kKeptBytes;
}

// The dropped row is behind; its kept text is all there is from window_ on.
void RowStream::end_dropped(RowBlock& block) {
  add(block, {window_, kKeptBytes, window_offset_, true, dropped_lines_, nullptr, nullptr});
  window_offset_ += kKeptBytes + dropped_bytes_;
  window_ = row_ = window_ + kKeptBytes;
  dropping_ = false;
}

// The finder stopped at byte `at` of the block.
void RowStream::end_stopped(RowBlock& block, size_t at, const char* problem) {
  if (at != window_) cut(block, at);
  size_t bytes = std::min(block.filled_ - at, limits::kBadRowTextBytes + 1);
  add(block, {at, bytes, window_offset_, false, 0, problem, nullptr});
  stopped_ = true;
}

void RowStream::finish(RowBlock& block) {
  if (dropping_) {
    ++dropped_lines_;
    end_dropped(block);
    block.filled_ = window_;
    return;
  }
  const char* problem = finder_->problem_at_end();
  if (block.filled_ == window_ && problem == nullptr) return;
  if (window_offset_ == 0 && std::string_view(block.text() + window_, block.filled_ - window_) == kByteOrderMark)
    return;
  if (block.text()[block.filled_ - 1] != '\n') {
    block.reserve(block.filled_ + 1);
    block.text()[block.filled_++] = '\n';
  }
  cut(block, block.filled_);
  if (problem != nullptr) end_stopped(block, block.filled_, problem);
}

}  // namespace segue::formats

// A file whose rows can only be found from its begin on: quoted or compressed text, JSON arrays. One worker at a time
// takes the next block of it; what is in the blocks is read by all.
#pragma once

#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/memory.h"
#include "formats/byte_source.h"
#include "formats/line_reader.h"
#include "formats/row_finder.h"

namespace segue::formats {

// Whole rows, in windows. One worker's; used again.
class RowBlock {
 public:
  size_t windows() const { return windows_.size(); }
  LineReader::Window window(size_t i) const;

 private:
  friend class RowStream;
  struct Part {
    size_t begin = 0, bytes = 0;  // in text_
    uint64_t offset = 0;          // in the file's text
    bool endless = false;
    uint64_t lines = 0;             // if it is endless
    const char* problem = nullptr;  // as in a Window
    std::shared_ptr<const std::string> member = nullptr;
  };
  char* text() const { return reinterpret_cast<char*>(text_.data()); }
  void reserve(size_t bytes);

  Block text_;
  size_t filled_ = 0;
  std::vector<Part> windows_;
};

class RowStream {
 public:
  using MakeFinder = std::function<std::unique_ptr<RowFinder>()>;

  // Windows are of about `window_bytes`. Each text of the source has a finder of its own.
  RowStream(std::unique_ptr<ByteSource> source, MakeFinder make_finder, uint64_t file_bytes, size_t window_bytes);

  // Reads the file up to its byte `until` and hands out the rows that end there, at the file's end all that are left.
  // A row longer than limits::kRowBytes is cut. Where the finder stops, a window tells the problem, and nothing is read
  // of what follows in the text. Throws Failure. REQUIRES: until does not fall; the file's end is reached once.
  void next(uint64_t until, RowBlock& block);

 private:
  void release();
  void begin_text(RowBlock& block);
  void add(RowBlock& block, RowBlock::Part part);
  void follow(RowBlock& block, size_t bytes);
  void cut(RowBlock& block, size_t end);
  void drop_row(RowBlock& block);
  void end_dropped(RowBlock& block);
  void end_stopped(RowBlock& block, size_t at, const char* problem);
  void finish(RowBlock& block);

  std::unique_ptr<ByteSource> source_;
  const MakeFinder make_finder_;
  std::unique_ptr<RowFinder> finder_;
  const uint64_t file_bytes_;
  const size_t window_bytes_;
  std::vector<size_t> ends_;     // of rows in what was followed last
  std::string rest_;             // of the text, behind the last block
  bool begun_ = false;           // the byte order mark is behind
  size_t window_ = 0, row_ = 0;  // where in the block the window and the row begin that are not handed out
  uint64_t window_offset_ = 0;   // in the text
  bool stopped_ = false;         // by the finder
  bool dropping_ = false;        // in a row that is too long: what comes of it is not kept
  uint64_t dropped_bytes_ = 0;   // of it, behind what is kept
  uint64_t dropped_lines_ = 0;   // '\n' in all of it
};

// A RowStream that workers share: blocks are numbered, and each is read once. Thread-safe.
class SharedStream {
 public:
  explicit SharedStream(RowStream stream) : stream_(std::move(stream)) {}

  // Block `number`, which ends at byte until(number) of the file. Blocks before it that nobody took yet are read too
  // and kept. Throws the Failure that reading it or one before it ended with.
  template <class Until>
  void take(size_t number, const Until& until, RowBlock& block) {
    std::lock_guard guard(lock_);
    if (auto kept = kept_.find(number); kept != kept_.end()) {
      std::swap(block, kept->second);
      kept_.erase(kept);
      return;
    }
    if (failure_ != nullptr) std::rethrow_exception(failure_);
    try {
      for (; next_ <= number; ++next_) stream_.next(until(next_), next_ == number ? block : kept_[next_]);
    } catch (...) {
      kept_.erase(next_);
      failure_ = std::current_exception();
      throw;
    }
  }

 private:
  std::mutex lock_;
  RowStream stream_;
  size_t next_ = 0;                  // the first block not read
  std::map<size_t, RowBlock> kept_;  // read, but not taken
  std::exception_ptr failure_;       // of block next_
};

}  // namespace segue::formats

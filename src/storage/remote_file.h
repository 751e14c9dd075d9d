// Files of sources that are no files of this machine: objects on S3.
#pragma once

#include <cstdint>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/cancellation.h"
#include "storage/store.h"

namespace segue::storage {

// "s3://bucket/key"
bool is_remote(std::string_view path);

// How many of these files are worth being opened at the same time.
size_t calls_at_once(const std::vector<std::string>& files);

// What it was when it was opened: a read of what has replaced it throws. Safe from any thread.
class RemoteFile {
 public:
  virtual ~RemoteFile() = default;
  virtual uint64_t bytes() const = 0;
  virtual const std::string& etag() const = 0;   // another if its content is another
  virtual const std::string& begin() const = 0;  // its first bytes: some hundreds, or all
  // Exactly these bytes. Throws Failure: kIo, or kCancelled as store.h says.
  virtual void read(uint64_t offset, size_t bytes, char* to) const = 0;
};

// Nothing if there is no such file. `cancellation` (may be null) outlives the file. REQUIRES: is_remote(address).
std::shared_ptr<const RemoteFile> open_remote(const std::string& address, const Cancellation* cancellation);

// What is directly in a folder, by its address without a slash at the end, and begins with `names`, sorted by name; with
// `all`, every file below it at any depth, by its path from there.
std::vector<Listed> list_remote(const std::string& folder, const std::string& names, bool all,
                                const Cancellation* cancellation);

// Reads a file from one place on, in large steps, the next of which is under way while the last is worked on. Not
// thread-safe.
class RemoteReader {
 public:
  explicit RemoteReader(std::shared_ptr<const RemoteFile> file) : file_(std::move(file)) {}
  // From now on reads of these bytes come in their order.
  void expect(uint64_t begin, uint64_t end);
  void read(uint64_t offset, size_t bytes, char* to);

 private:
  struct Block {
    uint64_t begin = 0;
    std::string bytes;
    uint64_t end() const { return begin + bytes.size(); }
  };
  size_t step_from(uint64_t offset) const;
  void advance(uint64_t offset);

  std::shared_ptr<const RemoteFile> file_;
  uint64_t expected_begin_ = 0, expected_end_ = 0;
  Block block_;
  std::future<Block> next_;
  uint64_t next_begin_ = 0;
};

}  // namespace segue::storage

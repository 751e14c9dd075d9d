// The lines of a part of a file, in windows of whole lines that stay in the cache. Knows nothing of fields: every
// format of lines uses it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "base/cancellation.h"
#include "base/memory.h"
#include "storage/remote_file.h"

namespace segue::formats {

// What the text of a file is packed in. Archives hold several texts.
enum class Packing : uint8_t { kNone, kGzip, kTar, kTarGzip, kZip };

// A file as it was when its source was opened. Bytes past `size` do not belong to it.
struct InputFile {
  std::string path;
  uint64_t size = 0;
  uint64_t device = 0, inode = 0;                               // so that a file put in its place is noticed
  int64_t modified = 0;                                         // ns since 1970; of a file of this machine
  std::shared_ptr<const storage::RemoteFile> remote = nullptr;  // what it is if it is no file of this machine
  Packing packing = Packing::kNone;
  std::string members;  // of an archive: a pattern for those that are read; empty: all (archive_members.h)

  bool packed() const { return packing != Packing::kNone; }
  bool archive() const { return packed() && packing != Packing::kGzip; }
};

// Opens the file to see that it can be read, and notes its size and what it is packed in. Throws Failure(kIo) located
// at the path. `cancellation` (may be null) outlives the file.
InputFile inspect_file(const std::string& path, const Cancellation* cancellation);

// An open file, closed at the end.
class FileHandle {
 public:
  FileHandle() = default;
  ~FileHandle();
  FileHandle(const FileHandle&) = delete;
  FileHandle& operator=(const FileHandle&) = delete;

  // Throws Failure(kIo) if the file can't be opened or is not the one that was inspected.
  void open(const InputFile& file);
  // The same, for reads from its begin to its end.
  void open_whole(const InputFile& file);
  // From now on reads of these bytes come in their order: a remote file is read ahead of them.
  void expect(uint64_t begin, uint64_t end);
  // Exactly `bytes` bytes at `offset`. Throws Failure(kIo), also if the file has become shorter.
  void read(uint64_t offset, size_t bytes, char* to);
  const InputFile* file() const { return file_; }
  void close();

 private:
  const InputFile* file_ = nullptr;
  int descriptor_ = -1;
  std::optional<storage::RemoteReader> remote_;
};

// One worker's reader; its buffer serves for all it reads. Not thread-safe.
class LineReader {
 public:
  // Reads about `window_bytes` at a time; a longer line makes the buffer grow, up to limits::kRowBytes.
  explicit LineReader(size_t window_bytes) : window_bytes_(window_bytes) {}

  // From now on the lines that begin in [begin, end) of the file; a line belongs to where it begins. `file` outlives
  // the reading. REQUIRES: begin < end <= file.size, end - begin <= limits::kRowBytes.
  void start(const InputFile& file, uint64_t begin, uint64_t end);

  struct Window {
    const char* text = nullptr;  // kPadding bytes around may be read
    size_t bytes = 0;            // ends with '\n', also where the file does not
    uint64_t offset = 0;         // of the first byte in the file, or in the member of an archive
    bool endless = false;        // one line longer than limits::kRowBytes, cut; it is the last that begins here
    uint64_t lines = 1;          // if it is endless: how many it spans
    // A bad row, the last of the file: why what stands here and behind is none, or null.
    const char* problem = nullptr;
    // Of what is a member of an archive: how messages name it. Else null.
    std::shared_ptr<const std::string> member = nullptr;
  };
  // The next lines, or nothing left. What the window shows lasts until the next call.
  bool next(Window& window);

 private:
  bool fill(Window& window);
  void hand_out(Window& window, size_t end);  // from head_
  void reserve(size_t bytes);
  char* buffer() const { return reinterpret_cast<char*>(block_.data()); }

  const size_t window_bytes_;
  FileHandle handle_;
  uint64_t begin_ = 0, end_ = 0;
  bool find_begin_ = false;  // the first line begins after the first '\n'
  bool done_ = true;
  Block block_;
  uint64_t offset_ = 0;  // of the buffer's first byte in the file
  size_t head_ = 0;      // where in the buffer the next line begins
  size_t filled_ = 0;    // bytes in the buffer
  size_t consumed_ = 0;  // of these, handed out
};

}  // namespace segue::formats

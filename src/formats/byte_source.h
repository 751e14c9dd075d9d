// The text of a file from its begin to its end.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <zlib.h>

#include "formats/line_reader.h"

namespace segue::formats {

class ByteSource {
 public:
  virtual ~ByteSource() = default;
  // The next bytes of the text, at most `most`; 0 only if most is 0, or at `until` or the end. What is read of the file
  // ends at byte `until` of it. Throws Failure.
  virtual size_t read(char* to, size_t most, uint64_t until) = 0;
};

// The file as it is.
class PlainBytes final : public ByteSource {
 public:
  // `file` outlives this.
  explicit PlainBytes(const InputFile& file) : file_(file) {}
  size_t read(char* to, size_t most, uint64_t until) override;

 private:
  const InputFile& file_;
  FileHandle handle_;
  uint64_t at_ = 0;
};

// What a gzip file unpacks to, all of its members one behind the other.
class GzipBytes final : public ByteSource {
 public:
  // `file` outlives this.
  explicit GzipBytes(const InputFile& file) : file_(file) {}
  ~GzipBytes() override;
  GzipBytes(const GzipBytes&) = delete;
  GzipBytes& operator=(const GzipBytes&) = delete;
  // Throws Failure(kData), located at the file, if it is damaged or ends too early.
  size_t read(char* to, size_t most, uint64_t until) override;

  // Bytes of the file that were unpacked so far.
  uint64_t consumed() const { return read_ - stream_.avail_in; }

 private:
  bool fill(uint64_t until);
  void begin_member();
  void skip_padding();
  [[noreturn]] void fail_damaged(const std::string& what) const;

  const InputFile& file_;
  FileHandle handle_;
  z_stream stream_{};
  bool made_ = false;       // stream_ holds memory
  bool in_member_ = false;  // not between two
  bool unpacked_ = false;   // there may be more text without more input
  uint64_t read_ = 0;       // bytes of the file
  std::vector<char> input_;
};

}  // namespace segue::formats

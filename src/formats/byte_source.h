// The text of a file from its begin to its end, or the texts of an archive's members.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <zlib.h>

#include "formats/line_reader.h"

namespace segue::formats {

class ByteSource {
 public:
  virtual ~ByteSource() = default;
  // The next bytes of the text, at most `most`; 0 only if most is 0, or at `until` or the end. What is read of the file
  // ends at byte `until` of it (of an archive: about there, and all of it if that is the end). Throws Failure.
  virtual size_t read(char* to, size_t most, uint64_t until) = 0;
  // Bytes of the file that were used so far.
  virtual uint64_t consumed() const = 0;

  // What follows is of archives. Whether read() returned 0 because a member ended: then it goes on with what comes
  // behind it. True once for each member.
  virtual bool next_text() { return false; }
  // Nothing more is wanted of this member. False if there are none, but one text.
  virtual bool skip_text() { return false; }
  // How messages name the member that was read last; null where there are none.
  virtual const std::shared_ptr<const std::string>& member() const;
};

// What a file unpacks to has bounds: archives can be made that would fill any disk.
class Expansion {
 public:
  // So many more bytes came out; `in` went in so far. Throws Failure(kLimit) located at the file.
  void add(size_t bytes, uint64_t in, const InputFile& file);

 private:
  uint64_t out_ = 0;
};

// The bytes of a file as its packing says. `file` outlives them.
std::unique_ptr<ByteSource> open_bytes(const InputFile& file);

// The file as it is.
class PlainBytes final : public ByteSource {
 public:
  // `file` outlives this.
  explicit PlainBytes(const InputFile& file) : file_(file) {}
  size_t read(char* to, size_t most, uint64_t until) override;
  uint64_t consumed() const override { return at_; }

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
  // Throws Failure located at the file: kData if it is damaged or ends too early, kLimit as Expansion does.
  size_t read(char* to, size_t most, uint64_t until) override;
  uint64_t consumed() const override { return read_ - stream_.avail_in; }

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
  Expansion expansion_;
  std::vector<char> input_;
};

}  // namespace segue::formats

// The text of a file from its begin to its end.
#pragma once

#include <cstddef>
#include <cstdint>

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

}  // namespace segue::formats

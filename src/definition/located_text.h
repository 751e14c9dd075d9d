// Text that the user wrote, and where each byte of it stands in a file.
//
// A text inside YAML is rarely the bytes of the file: block scalars lose their indentation, folded ones their line
// ends, quoted ones their escapes. A LocatedText maps offsets of the text that came out to the file, so that a mistake
// that DuckDB finds at byte 120 of a SELECT is shown at its line and column of pipeline.yaml.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace segue::definition {

// A file of the user's, read whole. Immutable, shared by all that point into it.
class TextFile {
 public:
  // name: as messages show it, openable from the working directory.
  TextFile(std::string name, std::string text);
  const std::string& name() const { return name_; }
  const std::string& text() const { return text_; }
  // The place of bytes [offset, offset + length), cut at the end of the line that it begins in. An offset past the end
  // is the end.
  Place place(size_t offset, size_t length = 0) const;

 private:
  std::string name_;
  std::string text_;
  std::vector<size_t> lines_;  // offset of each line's first byte
};

using TextFilePtr = std::shared_ptr<const TextFile>;

// Bytes of a file whose Place is worked out only when someone asks: counting columns of a long line for each of its
// values would not end.
struct Spot {
  TextFilePtr file;
  size_t begin = 0;
  size_t length = 0;

  Place place() const { return file ? file->place(begin, length) : Place(); }
  operator Place() const { return place(); }  // NOLINT: a Spot is a Place, but later
};

class LocatedText {
 public:
  // Bytes from `offset` of the text on stand in the file from `source` on, up to the next run. Where `fixed`, all of
  // them stand for the one spot `source` (an escape, a folded line end).
  struct Run {
    size_t offset = 0;
    size_t source = 0;
    bool fixed = false;
  };

  LocatedText() = default;
  // REQUIRES: runs ascend by offset; the first one is at 0, unless text is empty.
  LocatedText(std::string text, TextFilePtr file, std::vector<Run> runs);
  // The whole of a file.
  explicit LocatedText(TextFilePtr file);

  const std::string& text() const { return text_; }
  bool empty() const { return text_.empty(); }
  // The file that the text stands in; null if the text is of no file.
  const TextFilePtr& file() const { return file_; }

  // The place of bytes [offset, offset + length) of the text. An offset past the end is the end; unknown if the text is
  // of no file.
  Place place(size_t offset = 0, size_t length = 0) const;

 private:
  size_t source_of(size_t offset) const;

  std::string text_;
  TextFilePtr file_;
  std::vector<Run> runs_;
};

}  // namespace segue::definition

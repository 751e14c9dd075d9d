// What a crawl finds against what a source declares.
#pragma once

#include <string>
#include <vector>

#include "crawl/crawl.h"

namespace segue::crawl {

struct Change {
  enum class Kind : uint8_t {
    kType,     // values do not fit the declared type: `to` takes them
    kColumns,  // another number of columns, or files without a declared one
    kFormat,   // the files do not read as the format says
    kNew,      // a key or column that is not declared; nothing needs to change
    kUnseen,   // a declared key that no row has; nothing needs to change
  };
  Kind kind = Kind::kType;
  std::string column;
  Type from, to;
  std::string reason;
  std::string file;  // the first that says so
  uint64_t line = 0;
  // With it, rows that are there would be bad, or runs fail.
  bool breaks() const { return kind != Kind::kNew && kind != Kind::kUnseen; }
};

// What is given about files by the source that declares them.
Given given_by(const definition::Source& declared);

// REQUIRES: `found` was crawled with given_by(declared), its files together.
std::vector<Change> compare(const definition::Source& declared, const FoundSource& found);

}  // namespace segue::crawl

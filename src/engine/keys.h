// Keys of groups, joins and partitions as words of 64 bits: equal words <=> equal keys, NULL being a value like any
// other.
//
// Each key column takes a field of bits: text its code, integers and times their value, floats canonical bits (one NaN,
// no -0), HUGEINT and wide DECIMAL two words; a column that is no text has a bit more that says NULL (its value bits
// are 0 then). Fields are packed first fit and never straddle words. Rows of words lie one after the other.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "base/memory.h"
#include "columns/column.h"
#include "engine/text_codes.h"

namespace segue::engine {

class Keys {
 public:
  // REQUIRES: supported(type) for all. The first `never_null` columns have no NULLs and no bit for them.
  Keys(std::vector<Type> types, size_t workers, size_t never_null = 0);
  static bool supported(const Type& type);

  size_t words() const { return words_; }
  const std::vector<Type>& types() const { return types_; }

  // words[row * words() …] for rows of columns (one for each type, in order).
  void encode(size_t worker, std::span<const Column> columns, size_t rows, Array<uint64_t>& words);

  // The columns back from `rows` keys; text comes coded.
  std::vector<Column> decode(const uint64_t* words, size_t rows);

  bool is_null(const uint64_t* key, size_t column) const;

  // hashes[i] of key i.
  void hash(const uint64_t* words, size_t rows, uint64_t* hashes) const;
  void hash(const uint64_t* words, size_t rows, Array<uint64_t>& hashes) const {
    hashes.resize(rows);
    hash(words, rows, hashes.data());
  }

 private:
  struct Part {
    uint32_t word, shift, bits;
    uint32_t null_word = 0, null_shift = 0;
    bool null_bit = false;
  };
  Part place(uint32_t bits);

  std::vector<Type> types_;
  std::vector<Part> parts_;
  std::vector<std::unique_ptr<TextCodes>> texts_;
  std::vector<uint32_t> filled_;  // bits used of each word
  size_t words_ = 0;
};

}  // namespace segue::engine

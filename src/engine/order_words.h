// Sort keys as words: unsigned 64-bit numbers, one digit of the key after the other, that order like the rows.
//
// A column of integers or times is one digit, HUGEINT and wide DECIMAL are two, text is a digit for each 7 bytes (the
// eighth says how many follow, so that a prefix comes first); NULLs of other columns than text have a digit of their
// own, if there are any. Types without words (INTERVAL, lists, structs) end the digits: from there on rows are
// compared.
#pragma once

#include <optional>
#include <span>

#include "engine/order.h"

namespace segue::engine {

class OrderWords {
 public:
  struct Digit {
    size_t column = 0;
    size_t part = 0;  // of the column: text: bytes that are equal already; else the number of the digit
    bool operator==(const Digit&) const = default;
  };

  // `columns` outlives this.
  OrderWords(std::span<const OrderColumn> columns, size_t rows);

  // Nothing if no column tells rows apart.
  std::optional<Digit> first() const { return usable({0, 0}); }
  // The digit that tells apart rows whose word is equal at `digit`; nothing if they are equal.
  std::optional<Digit> next(Digit digit, uint64_t word) const;
  // False: rows must be compared, by the columns from digit.column on.
  bool has_words(Digit digit) const;
  std::span<const OrderColumn> columns_from(Digit digit) const { return columns_.subspan(digit.column); }

  // entry.word = word of entry.row at the digit. REQUIRES: has_words(digit). Safe from any thread.
  void fill(Digit digit, std::span<OrderEntry> entries) const;

 private:
  std::optional<Digit> usable(Digit digit) const;

  std::span<const OrderColumn> columns_;
  std::vector<uint8_t> nulls_;  // by column: has some (never of text)
};

// Sorts entries that are equal in all digits before `digit` and ascend by row, by this and all further digits, stably.
// `filled`: they have the words of `digit` already.
void sort_entries(const OrderWords& words, OrderWords::Digit digit, bool filled, std::span<OrderEntry> entries,
                  Array<OrderEntry>& other);

}  // namespace segue::engine

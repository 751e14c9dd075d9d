// What functions of lists share. Internal to the evaluator.
#pragma once

#include <optional>
#include <string>

#include "engine/expressions/gather.h"
#include "engine/expressions/kernel.h"

namespace segue::engine {

// The elements of one row, as rows of the list's child.
struct Range {
  size_t begin, end;
  size_t size() const { return end - begin; }
};
inline Range range_of(const Column& list, size_t row) {
  const auto* offsets = list.as<uint64_t>() + row * list.stride;
  return {offsets[0], offsets[1]};
}

// Rows of the child that some list of `rows` rows may hold.
inline size_t child_rows(const Column& list, size_t rows) { return range_of(list, list.constant() ? 0 : rows - 1).end; }

// Lists made of the elements of others, row by row.
class ListMaker {
 public:
  ListMaker(size_t rows, Answer& answer) : rows_(rows), offsets_(answer.values<uint64_t>(rows + 1)) {
    offsets_[rows] = 0;
  }
  // Elements pushed from here on are the row's. Called for each row, in order.
  void begin(size_t row) { offsets_[row] = from_.size(); }
  // A row of the child, or kNoRow for NULL.
  void push(size_t element) { from_.push_back(static_cast<uint32_t>(element)); }
  void finish(const Column& child, Answer& answer) {
    offsets_[rows_] = from_.size();
    answer.column.children.push_back(flatten(gather(child, {from_.data(), from_.size()}), from_.size()));
  }

 private:
  size_t rows_;
  uint64_t* offsets_;
  Array<uint32_t> from_;
};

// list[begin:end], counted from 1 or, negative, from the end: the elements [begin, end) of `size`, counted from 0.
void clamp_slice(int64_t size, int64_t& begin, int64_t& end);

// Whether argument i of a slice is left out: the empty list stands for it.
bool open_bound(const plan::Expression& call, size_t i);

// Why the bounds of a slice do not do, or nothing.
std::optional<std::string> check_bounds(const plan::Expression& call);

}  // namespace segue::engine

// list_contains, list_position, list_has_any, list_has_all, slices, list_concat, list_select, list_where, flatten,
// range.
#include "engine/expressions/lists.h"

#include <fmt/format.h>

#include "engine/expressions/rows.h"

namespace segue::engine {

void clamp_slice(int64_t size, int64_t& begin, int64_t& end) {
  if (begin != 0 && begin != INT64_MIN) --begin;
  bool lowest = begin == INT64_MIN;
  if (lowest) ++begin;
  if (begin < 0 && -begin > size) {
    if (end < -size) {
      begin = end = 0;
      return;
    }
    begin = 0;
  }
  auto clamp = [&](int64_t& index, bool is_lowest) {
    if (index < 0) {
      index = size + index + (is_lowest ? 0 : 1);
    } else {
      index = std::min(index, size);
    }
  };
  clamp(begin, lowest);
  clamp(end, false);
  end = std::max(begin, end);
}

bool open_bound(const plan::Expression& call, size_t i) { return call.arguments[i]->type.id == TypeId::kList; }

std::optional<std::string> check_bounds(const plan::Expression& call) {
  for (size_t i : {1, 2}) {
    if (!open_bound(call, i) && call.arguments[i]->type.id != TypeId::kBigint)
      return signature(call) + " is not supported";
  }
  if (!(call.type == call.arguments[0]->type)) return signature(call) + " is not supported";
  return std::nullopt;
}

namespace {

constexpr size_t kMostElements = 0xFFFFFFFF;  // of one list: rows of a batch are counted in 32 bits

// Where an element equal to the row's stands; NULL equals NULL if `nulls`.
std::optional<size_t> find(const Column& list, const Column& elements, const Column& wanted, size_t row, bool nulls) {
  bool known = wanted.type.id != TypeId::kNull && wanted.is_valid(row);
  if (!known && !nulls) return std::nullopt;
  Range range = range_of(list, row);
  for (size_t i = range.begin; i < range.end; ++i) {
    bool same = elements.is_valid(i) ? known && equal(elements, i, wanted, row) : !known;
    if (same) return i - range.begin;
  }
  return std::nullopt;
}

void run_contains(const Call& call, Answer& answer) {
  const Column& list = call.arguments[0];
  const Column& wanted = call.arguments[1];
  auto* out = answer.values<uint8_t>(call.rows);
  uint8_t* valid = answer.valid(call.rows);
  for (size_t i = 0; i < call.rows; ++i) {
    valid[i] = list.is_valid(i) && wanted.is_valid(i);
    out[i] = valid[i] && find(list, list.children[0], wanted, i, false).has_value();
  }
}

void run_position(const Call& call, Answer& answer) {
  auto* out = answer.values<int32_t>(call.rows);
  uint8_t* valid = answer.valid(call.rows);
  for (size_t i = 0; i < call.rows; ++i) {
    auto found = call.arguments[0].is_valid(i)
                     ? find(call.arguments[0], call.arguments[0].children[0], call.arguments[1], i, true)
                     : std::nullopt;
    valid[i] = found.has_value();
    out[i] = found ? static_cast<int32_t>(*found + 1) : 0;
  }
}

std::optional<std::string> check_element(const plan::Expression& call) {
  if (call.arguments[0]->type.element() == call.arguments[1]->type) return std::nullopt;
  return signature(call) + " is not supported";
}

// NULLs among the elements do not count.
template <bool kAll>
void run_has(const Call& call, Answer& answer) {
  bool swapped = call.expression.name == "<@";
  const Column& list = call.arguments[swapped ? 1 : 0];
  const Column& wanted = call.arguments[swapped ? 0 : 1];
  const Column& elements = wanted.children[0];
  auto* out = answer.values<uint8_t>(call.rows);
  for (size_t row = 0; row < call.rows; ++row) {
    out[row] = kAll;
    if (call.valid != nullptr && !call.valid[row]) continue;
    Range range = range_of(list, row);
    Range asked = range_of(wanted, row);
    for (size_t i = asked.begin; i < asked.end; ++i) {
      if (!elements.is_valid(i)) continue;
      bool found = false;
      for (size_t k = range.begin; k < range.end && !found; ++k)
        found = list.children[0].is_valid(k) && equal(list.children[0], k, elements, i);
      if (found == kAll) continue;
      out[row] = !kAll;
      break;
    }
  }
}

std::optional<std::string> check_same_lists(const plan::Expression& call) {
  if (call.arguments[0]->type == call.arguments[1]->type) return std::nullopt;
  return signature(call) + " is not supported";
}

// list[begin:end:step]; with a negative step from the end.
void run_slice(const Call& call, Answer& answer) {
  const Column& list = call.arguments[0];
  auto bound = [&](size_t i, size_t row) { return call.arguments[i].as<int64_t>()[row * call.arguments[i].stride]; };
  ListMaker maker(call.rows, answer);
  for (size_t row = 0; row < call.rows; ++row) {
    maker.begin(row);
    if (call.valid != nullptr && !call.valid[row]) continue;
    Range range = range_of(list, row);
    auto size = static_cast<int64_t>(range.size());
    bool open_begin = open_bound(call.expression, 1);
    bool open_end = open_bound(call.expression, 2);
    int64_t begin = open_begin ? 0 : bound(1, row);
    int64_t end = open_end ? size : bound(2, row);
    int64_t step = call.arguments.size() > 3 ? bound(3, row) : 1;
    if (step < 0) {
      std::swap(begin, end);
      if (open_end) begin = 0;
      if (open_begin) end = size;
    }
    clamp_slice(size, begin, end);
    if (begin == end) continue;
    if (step == 0) fail_value("the step of a slice is 0");
    if (step > 0) {
      for (int64_t i = begin; i < end; i += std::min(step, size)) maker.push(range.begin + static_cast<size_t>(i));
    } else {
      for (int64_t i = end - 1; i >= begin; i += std::max(step, -size))
        maker.push(range.begin + static_cast<size_t>(i));
    }
  }
  maker.finish(list.children[0], answer);
}

// One list after the other; kNulls: those that are NULL are empty.
void run_concat(const Call& call, Answer& answer) {
  std::vector<Piece> pieces;
  std::vector<size_t> starts;
  size_t rows = 0;
  for (const Column& list : call.arguments) {
    starts.push_back(rows);
    if (list.type.id == TypeId::kNull) continue;
    size_t size = child_rows(list, call.rows);
    pieces.push_back({&list.children[0], size});
    rows += size;
  }
  ListMaker maker(call.rows, answer);
  for (size_t row = 0; row < call.rows; ++row) {
    maker.begin(row);
    for (size_t k = 0; k < call.arguments.size(); ++k) {
      const Column& list = call.arguments[k];
      if (list.type.id == TypeId::kNull || !list.is_valid(row)) continue;
      Range range = range_of(list, row);
      for (size_t i = range.begin; i < range.end; ++i) maker.push(starts[k] + i);
    }
  }
  maker.finish(concat(call.type().element(), pieces), answer);
}

std::optional<std::string> check_concat(const plan::Expression& call) {
  bool any = false;
  for (const auto& argument : call.arguments) {
    any = any || argument->type == call.type;
    if (!(argument->type == call.type) && argument->type.id != TypeId::kNull)
      return signature(call) + " is not supported";
  }
  return any ? std::nullopt : std::optional(signature(call) + " is not supported");
}

// The elements at the positions of another list, counted from 1; NULL outside.
// A list for each row, of what `element` adds for each element i of the second list.
template <class Element>
void run_choice(const Call& call, Answer& answer, const Element& element) {
  const Column& choice = call.arguments[1].children[0];
  ListMaker maker(call.rows, answer);
  for (size_t row = 0; row < call.rows; ++row) {
    maker.begin(row);
    if (call.valid != nullptr && !call.valid[row]) continue;
    Range range = range_of(call.arguments[0], row);
    Range chosen = range_of(call.arguments[1], row);
    for (size_t i = chosen.begin; i < chosen.end; ++i) element(maker, choice, i, range, i - chosen.begin);
  }
  maker.finish(call.arguments[0].children[0], answer);
}

void run_select(const Call& call, Answer& answer) {
  run_choice(call, answer, [](ListMaker& maker, const Column& positions, size_t i, Range range, size_t /*place*/) {
    if (!positions.is_valid(i)) fail_value("list_select with a position that is NULL");
    int64_t at = positions.as<int64_t>()[i * positions.stride];
    bool inside = at >= 1 && at <= static_cast<int64_t>(range.size());
    maker.push(inside ? range.begin + static_cast<size_t>(at) - 1 : kNoRow);
  });
}

void run_where(const Call& call, Answer& answer) {
  run_choice(call, answer, [](ListMaker& maker, const Column& flags, size_t i, Range range, size_t place) {
    if (!flags.is_valid(i)) fail_value("list_where with a condition that is NULL");
    if (flags.as<uint8_t>()[i * flags.stride] == 0) return;
    maker.push(place < range.size() ? range.begin + place : kNoRow);
  });
}

std::optional<std::string> check_select(const plan::Expression& call) {
  TypeId wanted = call.name.ends_with("where") ? TypeId::kBoolean : TypeId::kBigint;
  if (call.type == call.arguments[0]->type && call.arguments[1]->type.element().id == wanted) return std::nullopt;
  return signature(call) + " is not supported";
}

// Of lists of lists.
void run_flatten(const Call& call, Answer& answer) {
  const Column& inner = call.arguments[0].children[0];
  ListMaker maker(call.rows, answer);
  for (size_t row = 0; row < call.rows; ++row) {
    maker.begin(row);
    if (call.valid != nullptr && !call.valid[row]) continue;
    Range outer = range_of(call.arguments[0], row);
    for (size_t i = outer.begin; i < outer.end; ++i) {
      if (!inner.is_valid(i)) continue;
      Range range = range_of(inner, i);
      for (size_t k = range.begin; k < range.end; ++k) maker.push(k);
    }
  }
  maker.finish(inner.children[0], answer);
}

std::optional<std::string> check_flatten(const plan::Expression& call) {
  if (call.arguments[0]->type.element() == call.type) return std::nullopt;
  return signature(call) + " is not supported";
}

// range(end), range(begin, end[, step]): up to end, which generate_series includes.
template <bool kInclusive>
void run_range(const Call& call, Answer& answer) {
  auto* offsets = answer.values<uint64_t>(call.rows + 1);
  Array<int64_t> values;
  size_t count = call.arguments.size();
  auto argument = [&](size_t i, size_t row) { return call.arguments[i].as<int64_t>()[row * call.arguments[i].stride]; };
  for (size_t row = 0; row < call.rows; ++row) {
    offsets[row] = values.size();
    if (call.valid != nullptr && !call.valid[row]) continue;
    int64_t begin = count == 1 ? 0 : argument(0, row);
    int64_t end = argument(count == 1 ? 0 : 1, row);
    int64_t step = count == 3 ? argument(2, row) : 1;
    if (step == 0 || (begin > end && step > 0) || (begin < end && step < 0)) continue;
    Int128 distance = begin < end ? Int128{end} - begin : Int128{begin} - end;
    Int128 length = step > 0 ? Int128{step} : -Int128{step};
    Int128 size = distance / length + (kInclusive || distance % length != 0 ? 1 : 0);
    if (size > Int128{kMostElements}) fail_value(fmt::format("out of range: a list from {} to {}", begin, end));
    for (Int128 i = 0; i < size; ++i) values.push_back(static_cast<int64_t>(begin + i * step));
  }
  offsets[call.rows] = values.size();
  Answer elements;
  std::copy(values.begin(), values.end(), elements.values<int64_t>(values.size()));
  answer.column.children.push_back(elements.finish(TypeId::kBigint, 1));
}

std::optional<std::string> check_range(const plan::Expression& call) {
  if (call.type.element().id == TypeId::kBigint) return std::nullopt;
  return signature(call) + " is not supported";
}

Kernel kernel(std::string_view name, std::vector<Kind> arguments, Kind result, void (*run)(const Call&, Answer&),
              std::optional<std::string> (*check)(const plan::Expression&)) {
  Kernel made{name, std::move(arguments), result, run};
  made.check = check;
  made.takes_codes = true;
  return made;
}

}  // namespace

const KernelTable& list_kernels() {
  using K = Kind;
  static const KernelTable table = [] {
    KernelTable made;
    for (const char* name : {"list_contains", "list_has", "array_contains", "array_has", "contains"}) {
      made.push_back(kernel(name, {K::kList, K::kAny}, K::kBoolean, &run_contains, &check_element));
      made.back().sees_nulls = true;
    }
    for (const char* name : {"list_position", "list_indexof", "array_position", "array_indexof"}) {
      made.push_back(kernel(name, {K::kList, K::kAny}, K::kInteger, &run_position, &check_element));
      made.back().sees_nulls = true;
    }
    for (const char* name : {"list_has_any", "array_has_any", "&&"})
      made.push_back(kernel(name, {K::kList, K::kList}, K::kBoolean, &run_has<false>, &check_same_lists));
    for (const char* name : {"list_has_all", "array_has_all", "@>", "<@"})
      made.push_back(kernel(name, {K::kList, K::kList}, K::kBoolean, &run_has<true>, &check_same_lists));
    for (const char* name : {"array_slice", "list_slice"}) {
      made.push_back(kernel(name, {K::kList, K::kAny, K::kAny}, K::kList, &run_slice, &check_bounds));
      made.push_back(kernel(name, {K::kList, K::kAny, K::kAny, K::kBigint}, K::kList, &run_slice, &check_bounds));
      made.back().fallible = true;
    }
    made.push_back(kernel("||", {K::kList, K::kList}, K::kList, &run_concat, &check_concat));
    for (const char* name : {"list_concat", "list_cat", "array_concat", "array_cat", "concat"}) {
      made.push_back(kernel(name, {K::kAny}, K::kList, &run_concat, &check_concat));
      made.back().sees_nulls = made.back().variadic = true;
    }
    for (const char* name : {"list_select", "array_select"})
      made.push_back(kernel(name, {K::kList, K::kList}, K::kList, &run_select, &check_select));
    for (const char* name : {"list_where", "array_where"})
      made.push_back(kernel(name, {K::kList, K::kList}, K::kList, &run_where, &check_select));
    for (size_t i = 1; i <= 4; ++i) made[made.size() - i].fallible = true;
    made.push_back(kernel("flatten", {K::kList}, K::kList, &run_flatten, &check_flatten));
    for (size_t count : {1, 2, 3}) {
      std::vector<K> arguments(count, K::kBigint);
      made.push_back(kernel("range", arguments, K::kList, &run_range<false>, &check_range));
      made.back().fallible = true;
      made.push_back(kernel("generate_series", arguments, K::kList, &run_range<true>, &check_range));
      made.back().fallible = true;
    }
    return made;
  }();
  return table;
}

}  // namespace segue::engine

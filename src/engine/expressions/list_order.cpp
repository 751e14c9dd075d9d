// list_sort, list_reverse_sort, list_grade_up: lists in the order of ORDER BY.
#include <algorithm>
#include <cctype>

#include "engine/expressions/lists.h"

namespace segue::engine {
namespace {

struct Order {
  bool descending = false;
  bool nulls_first = false;
};

std::string upper(std::string text) {
  for (char& c : text) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return text;
}

// Of the constant arguments after the list; nothing for words that only DuckDB knows. NULLs come last if nothing is
// said.
std::optional<Order> order_of(const plan::Expression& call) {
  Order order;
  bool reverse = call.name.find("reverse") != std::string::npos;
  order.descending = reverse;
  for (size_t i = 1; i < call.arguments.size(); ++i) {
    const Value* word = constant_argument(call, i);
    if (word == nullptr) return std::nullopt;
    std::string text = upper(std::get<std::string>(word->data));
    if (i == 1 && !reverse) {
      if (text != "ASC" && text != "DESC" && text != "ASCENDING" && text != "DESCENDING") return std::nullopt;
      order.descending = text.starts_with("DESC");
    } else {
      if (text != "NULLS FIRST" && text != "NULLS LAST") return std::nullopt;
      order.nulls_first = text == "NULLS FIRST";
    }
  }
  return order;
}

// The elements of each list in order, as rows of the child.
template <class F>
void sorted(const Call& call, F&& take) {
  Order order = *order_of(call.expression);
  const Column& elements = call.arguments[0].children[0];
  std::vector<uint32_t> rows;
  for (size_t row = 0; row < call.rows; ++row) {
    rows.clear();
    if (call.valid == nullptr || call.valid[row]) {
      Range range = range_of(call.arguments[0], row);
      for (size_t i = range.begin; i < range.end; ++i) rows.push_back(static_cast<uint32_t>(i));
      std::stable_sort(rows.begin(), rows.end(), [&](uint32_t a, uint32_t b) {
        bool null_a = !elements.is_valid(a);
        bool null_b = !elements.is_valid(b);
        if (null_a || null_b) return null_a != null_b && null_a == order.nulls_first;
        int compared = compare(elements, a, elements, b);
        return order.descending ? compared > 0 : compared < 0;
      });
    }
    take(row, rows);
  }
}

void run_sort(const Call& call, Answer& answer) {
  ListMaker maker(call.rows, answer);
  sorted(call, [&](size_t row, const std::vector<uint32_t>& rows) {
    maker.begin(row);
    for (uint32_t element : rows) maker.push(element);
  });
  maker.finish(call.arguments[0].children[0], answer);
}

// The positions that the elements in order had, counted from 1.
void run_grade_up(const Call& call, Answer& answer) {
  auto* offsets = answer.values<uint64_t>(call.rows + 1);
  Array<int64_t> positions;
  sorted(call, [&](size_t row, const std::vector<uint32_t>& rows) {
    offsets[row] = positions.size();
    for (uint32_t element : rows)
      positions.push_back(static_cast<int64_t>(element - range_of(call.arguments[0], row).begin) + 1);
  });
  offsets[call.rows] = positions.size();
  Answer elements;
  std::copy(positions.begin(), positions.end(), elements.values<int64_t>(positions.size()));
  answer.column.children.push_back(elements.finish(TypeId::kBigint, 1));
}

// Intervals may be equal and not the same.
bool has_interval(const Type& type) {
  if (type.id == TypeId::kInterval) return true;
  return std::any_of(type.fields.begin(), type.fields.end(),
                     [](const Field& field) { return has_interval(field.type); });
}

std::optional<std::string> check_order(const plan::Expression& call) {
  if (!order_of(call)) return signature(call) + " with this order is not supported";
  if (has_interval(call.arguments[0]->type)) return signature(call) + " is not supported";
  return std::nullopt;
}

}  // namespace

const KernelTable& list_order_kernels() {
  using K = Kind;
  static const KernelTable table = [] {
    KernelTable made;
    auto add = [&](std::string_view name, std::vector<K> arguments, void (*run)(const Call&, Answer&)) {
      made.push_back({name, std::move(arguments), K::kList, run});
      made.back().check = &check_order;
      made.back().takes_codes = true;
    };
    for (const char* name : {"list_sort", "array_sort"}) {
      add(name, {K::kList}, &run_sort);
      add(name, {K::kList, K::kVarchar}, &run_sort);
      add(name, {K::kList, K::kVarchar, K::kVarchar}, &run_sort);
    }
    for (const char* name : {"list_reverse_sort", "array_reverse_sort"}) {
      add(name, {K::kList}, &run_sort);
      add(name, {K::kList, K::kVarchar}, &run_sort);
    }
    for (const char* name : {"list_grade_up", "array_grade_up", "grade_up"}) {
      add(name, {K::kList}, &run_grade_up);
      add(name, {K::kList, K::kVarchar}, &run_grade_up);
      add(name, {K::kList, K::kVarchar, K::kVarchar}, &run_grade_up);
    }
    return made;
  }();
  return table;
}

}  // namespace segue::engine

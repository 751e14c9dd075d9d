// Lists and structs: struct_pack, row, struct_extract, list_value, elements, len; the cast of an untyped NULL.
#include "engine/expressions/lists.h"
#include "engine/expressions/program.h"
#include "engine/expressions/rows.h"

namespace segue::engine {
namespace {

void run_struct(const Call& call, Answer& answer) {
  for (size_t i = 0; i < call.arguments.size(); ++i) {
    const Column& argument = call.arguments[i];
    const Type& type = call.type().fields[i].type;
    Column field = argument.type.id == TypeId::kNull ? null_column(type) : argument;
    bool all_constant =
        std::all_of(call.arguments.begin(), call.arguments.end(), [](const Column& a) { return a.constant(); });
    answer.column.children.push_back(all_constant ? field : flatten(field, call.rows));
  }
}

std::optional<std::string> check_struct(const plan::Expression& call) {
  if (call.type.fields.size() != call.arguments.size()) return signature(call) + " is not supported";
  for (size_t i = 0; i < call.arguments.size(); ++i) {
    const Type& type = call.arguments[i]->type;
    if (!(type == call.type.fields[i].type))
      return signature(call) + " to " + to_string(call.type) + " is not supported";
  }
  return std::nullopt;
}

// Which field the constant argument 1 names or counts (from 1).
std::optional<size_t> field_of(const plan::Expression& call) {
  const auto& fields = call.arguments[0]->type.fields;
  const Value* which = constant_argument(call, 1);
  if (which == nullptr) return std::nullopt;
  if (const auto* position = std::get_if<int64_t>(&which->data)) {
    if (*position < 1 || static_cast<size_t>(*position) > fields.size()) return std::nullopt;
    return static_cast<size_t>(*position - 1);
  }
  auto lower = [](std::string text) {
    for (char& c : text) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
    return text;
  };
  const auto* name = std::get_if<std::string>(&which->data);
  if (name == nullptr) return std::nullopt;
  for (size_t i = 0; i < fields.size(); ++i) {
    if (lower(fields[i].name) == lower(*name)) return i;
  }
  return std::nullopt;
}

void run_extract(const Call& call, Answer& answer) {
  const Column& source = call.arguments[0];
  Column field = source.children[*field_of(call.expression)];
  size_t rows = call.rows;
  if (source.valid == nullptr) {
    answer.column = source.constant() ? field : flatten(field, rows);
    answer.keep(field);
    return;
  }
  // A NULL struct has NULL fields.
  Array<uint32_t> from(rows);
  for (size_t i = 0; i < rows; ++i) from[i] = source.is_valid(i) ? static_cast<uint32_t>(i) : kNoRow;
  Column picked = gather(field, {from.data(), rows});
  answer.column = rows == 1 && call.arguments[0].constant() ? picked : flatten(picked, rows);
  answer.keep(picked);
}

std::optional<std::string> check_extract(const plan::Expression& call) {
  auto field = field_of(call);
  if (!field) return signature(call) + " is supported for the constant name of a field only";
  if (!(call.arguments[0]->type.fields[*field].type == call.type)) return signature(call) + " is not supported";
  return std::nullopt;
}

void run_length(const Call& call, Answer& answer) {
  auto* out = answer.values<int64_t>(call.rows);
  for (size_t i = 0; i < call.rows; ++i) {
    Range range = range_of(call.arguments[0], i);
    out[i] = static_cast<int64_t>(range.end - range.begin);
  }
}

// The arguments, row by row, become the elements.
void run_list(const Call& call, Answer& answer) {
  size_t count = call.arguments.size();
  auto* offsets = answer.values<uint64_t>(call.rows + 1);
  for (size_t i = 0; i <= call.rows; ++i) offsets[i] = i * count;
  std::vector<Column> columns;
  for (const Column& argument : call.arguments) {
    columns.push_back(argument.type.id == TypeId::kNull ? null_column(call.type().element()) : argument);
  }
  std::vector<Piece> pieces;
  for (const Column& column : columns) pieces.push_back({&column, call.rows});
  Array<uint32_t> from(call.rows * count);
  for (size_t i = 0; i < call.rows; ++i) {
    for (size_t k = 0; k < count; ++k) from[i * count + k] = static_cast<uint32_t>(k * call.rows + i);
  }
  answer.column.children.push_back(gather(concat(call.type().element(), pieces), {from.data(), from.size()}));
}

std::optional<std::string> check_list(const plan::Expression& call) {
  for (const auto& argument : call.arguments) {
    if (!(argument->type == call.type.element())) return signature(call) + " is not supported";
  }
  return std::nullopt;
}

// []
void run_empty_list(const Call& call, Answer& answer) {
  auto* offsets = answer.values<uint64_t>(call.rows + 1);
  std::fill(offsets, offsets + call.rows + 1, 0);
  answer.column.children.push_back(null_column(call.type().element()));
}

// list[i], counted from 1, or from the end with negative i; NULL outside.
void run_element(const Call& call, Answer& answer) {
  const Column& list = call.arguments[0];
  auto index = rows::strided<int64_t>(call.arguments[1]);
  Array<uint32_t> from(call.rows);
  for (size_t i = 0; i < call.rows; ++i) {
    from[i] = kNoRow;
    if (!list.is_valid(i) || !call.arguments[1].is_valid(i)) continue;
    Range range = range_of(list, i);
    auto size = static_cast<int64_t>(range.end - range.begin);
    int64_t at = index[i] < 0 ? size + index[i] : index[i] - 1;
    if (index[i] != 0 && at >= 0 && at < size) from[i] = static_cast<uint32_t>(range.begin + static_cast<size_t>(at));
  }
  const Column& elements = list.children[0];
  Column picked = gather(elements, {from.data(), from.size()});
  answer.column = flatten(picked, call.rows);
  answer.keep(picked);
}

std::optional<std::string> check_element(const plan::Expression& call) {
  if (call.arguments[0]->type.element() == call.type) return std::nullopt;
  return signature(call) + " is not supported";
}

// struct_insert: a struct's fields, then the other arguments. A NULL struct has NULL fields, and is none afterwards.
void run_insert(const Call& call, Answer& answer) {
  const Column& source = call.arguments[0];
  size_t rows = call.rows;
  Array<uint32_t> from(rows);
  for (size_t i = 0; i < rows; ++i) from[i] = source.is_valid(i) ? static_cast<uint32_t>(i) : kNoRow;
  for (const Column& field : source.children)
    answer.column.children.push_back(flatten(gather(field, {from.data(), rows}), rows));
  for (const Column& argument : call.arguments.subspan(1)) answer.column.children.push_back(flatten(argument, rows));
}

std::optional<std::string> check_insert(const plan::Expression& call) {
  const auto& old = call.arguments[0]->type.fields;
  if (call.type.fields.size() != old.size() + call.arguments.size() - 1) return signature(call) + " is not supported";
  for (size_t i = 1; i < call.arguments.size(); ++i) {
    if (!(call.arguments[i]->type == call.type.fields[old.size() + i - 1].type))
      return signature(call) + " is not supported";
  }
  return std::nullopt;
}

void run_null(const Call&, Answer&) {}  // NULL gives NULL before it comes to this

}  // namespace

const KernelTable& nested_kernels() {
  using K = Kind;
  static const KernelTable table = [] {
    KernelTable made;
    auto add = [&](const char* name, std::vector<Kind> arguments, Kind result, void (*run)(const Call&, Answer&),
                   std::optional<std::string> (*check)(const plan::Expression&)) -> Kernel& {
      made.push_back({name, std::move(arguments), result, run});
      made.back().check = check;
      return made.back();
    };
    for (const char* name : {"struct_pack", "row"}) {
      Kernel& kernel = add(name, {K::kAny}, K::kStruct, &run_struct, &check_struct);
      kernel.variadic = kernel.sees_nulls = kernel.takes_codes = true;
    }
    Kernel& insert = add("struct_insert", {K::kStruct, K::kAny}, K::kStruct, &run_insert, &check_insert);
    insert.variadic = insert.sees_nulls = insert.takes_codes = true;
    for (const char* name : {"struct_extract", "array_extract"}) {
      Kernel& kernel = add(name, {K::kStruct, K::kVarchar}, K::kAny, &run_extract, &check_extract);
      kernel.sees_nulls = kernel.takes_codes = true;
    }
    for (const char* name : {"struct_extract", "struct_extract_at"}) {
      Kernel& kernel = add(name, {K::kStruct, K::kBigint}, K::kAny, &run_extract, &check_extract);
      kernel.sees_nulls = kernel.takes_codes = true;
    }
    for (const char* name : {"len", "length", "array_length"}) add(name, {K::kList}, K::kBigint, &run_length, nullptr);
    for (const char* name : {"list_value", "list_pack"}) {
      Kernel& kernel = add(name, {K::kAny}, K::kList, &run_list, &check_list);
      kernel.variadic = kernel.sees_nulls = kernel.takes_codes = true;
      add(name, {}, K::kList, &run_empty_list, nullptr);
    }
    for (const char* name : {"array_extract", "list_element", "list_extract"}) {
      Kernel& kernel = add(name, {K::kList, K::kBigint}, K::kAny, &run_element, &check_element);
      kernel.sees_nulls = kernel.takes_codes = true;
    }
    for (const char* name : {"cast", "try_cast"}) add(name, {K::kNull}, K::kAny, &run_null, nullptr);
    return made;
  }();
  return table;
}

}  // namespace segue::engine

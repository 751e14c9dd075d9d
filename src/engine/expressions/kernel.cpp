#include "engine/expressions/kernel.h"

#include <unordered_map>

#include <fmt/format.h>

#include "base/error.h"
#include "engine/expressions/tables.h"

namespace segue::engine {

Kind kind_of(const Type& type) {
  switch (type.id) {
    case TypeId::kNull: return Kind::kNull;
    case TypeId::kBoolean: return Kind::kBoolean;
    case TypeId::kTinyint: return Kind::kTinyint;
    case TypeId::kSmallint: return Kind::kSmallint;
    case TypeId::kInteger: return Kind::kInteger;
    case TypeId::kBigint: return Kind::kBigint;
    case TypeId::kHugeint: return Kind::kHugeint;
    case TypeId::kFloat: return Kind::kFloat;
    case TypeId::kDouble: return Kind::kDouble;
    case TypeId::kDecimal: return type.wide_decimal() ? Kind::kWideDecimal : Kind::kDecimal;
    case TypeId::kVarchar: return Kind::kVarchar;
    case TypeId::kBlob: return Kind::kBlob;
    case TypeId::kDate: return Kind::kDate;
    case TypeId::kTimestamp: return Kind::kTimestamp;
    case TypeId::kInterval: return Kind::kInterval;
    case TypeId::kList: return Kind::kList;
    case TypeId::kStruct: return Kind::kStruct;
  }
  return Kind::kNull;
}

char* TextArena::reserve(size_t bytes) {
  constexpr size_t kBlockBytes = 16 << 10;
  if (bytes > left_) {
    left_ = std::max(bytes, kBlockBytes);
    next_ = reinterpret_cast<char*>(blocks_.emplace_back(left_).data());
  }
  left_ -= bytes;
  return std::exchange(next_, next_ + bytes);
}

std::string_view TextArena::copy(std::string_view text) {
  if (text.empty()) return {};
  char* bytes = reserve(text.size());
  std::memcpy(bytes, text.data(), text.size());
  return {bytes, text.size()};
}

void Answer::keep(const Column& source) {
  if (source.owner == nullptr && source.dictionary == nullptr && source.children.empty()) return;
  memory_->kept.push_back(source);
}

void make_constant(Column& column) {
  column.stride = 0;
  if (column.type.id != TypeId::kStruct) return;
  for (Column& field : column.children) make_constant(field);
}

Column Answer::finish(Type type, size_t stride) {
  column.type = std::move(type);
  column.stride = stride;
  if (stride == 0) make_constant(column);
  column.owner = std::move(memory_);
  return std::move(column);
}

Column text_column(std::span<const std::string_view> texts, const Column& source) {
  Answer answer;
  std::copy(texts.begin(), texts.end(), answer.values<std::string_view>(texts.size()));
  answer.keep(source);
  return answer.finish(TypeId::kVarchar, 1);
}

std::vector<const Kernel*> all_kernels() {
  std::vector<const Kernel*> kernels;
  for (const auto* table :
       {&arithmetic_kernels(), &decimal_kernels(),     &interval_kernels(),      &comparison_kernels(),
        &logic_kernels(),      &membership_kernels(),  &math_kernels(),          &double_kernels(),
        &bit_kernels(),        &number_cast_kernels(), &decimal_cast_kernels(),  &time_cast_kernels(),
        &parse_cast_kernels(), &print_cast_kernels(),  &string_kernels(),        &substring_kernels(),
        &search_kernels(),     &distance_kernels(),    &split_kernels(),         &regex_kernels(),
        &character_kernels(),  &encoding_kernels(),    &date_part_kernels(),     &date_trunc_kernels(),
        &make_date_kernels(),  &date_diff_kernels(),   &date_sub_kernels(),      &time_bucket_kernels(),
        &strftime_kernels(),   &strptime_kernels(),    &nested_kernels(),        &nested_cast_kernels(),
        &list_kernels(),       &list_order_kernels(),  &list_aggregate_kernels()}) {
    for (const Kernel& kernel : *table) kernels.push_back(&kernel);
  }
  return kernels;
}

namespace {

bool takes(const Kernel& kernel, const plan::Expression& call) {
  size_t count = call.arguments.size();
  if (kernel.variadic ? count < kernel.arguments.size() : count != kernel.arguments.size()) return false;
  if (kernel.result != Kind::kAny && kernel.result != kind_of(call.type)) return false;
  for (size_t i = 0; i < count; ++i) {
    Kind wanted = kernel.arguments[std::min(i, kernel.arguments.size() - 1)];
    if (wanted != Kind::kAny && wanted != kind_of(call.arguments[i]->type)) return false;
  }
  return true;
}

using Index = std::unordered_map<std::string_view, std::vector<const Kernel*>>;

const Index& by_name() {
  static const Index index = [] {
    Index made;
    for (const Kernel* kernel : all_kernels()) made[kernel->name].push_back(kernel);
    return made;
  }();
  return index;
}

}  // namespace

const Kernel* find_kernel(const plan::Expression& call) {
  auto found = by_name().find(call.name);
  if (found == by_name().end()) return nullptr;
  for (const Kernel* kernel : found->second) {
    if (takes(*kernel, call)) return kernel;
  }
  return nullptr;
}

bool fallible(const plan::Expression& expression) {
  if (expression.kind != plan::Expression::Kind::kCall) return false;
  const Kernel* kernel = find_kernel(expression);
  if (kernel != nullptr && kernel->fallible && (kernel->can_fail == nullptr || kernel->can_fail(expression)))
    return true;
  return std::any_of(expression.arguments.begin(), expression.arguments.end(),
                     [](const auto& a) { return fallible(*a); });
}

std::string signature(const plan::Expression& call) {
  std::string text = call.name + "(";
  for (size_t i = 0; i < call.arguments.size(); ++i) text += (i == 0 ? "" : ", ") + to_string(call.arguments[i]->type);
  text += ")";
  if (call.name == "cast" || call.name == "try_cast") text += " to " + to_string(call.type);
  return text;
}

const Value* constant_argument(const plan::Expression& call, size_t i) {
  const plan::Expression& argument = *call.arguments[i];
  return argument.kind == plan::Expression::Kind::kConstant && !argument.constant.null() ? &argument.constant : nullptr;
}

void fail_value(std::string message) { fail(ErrorCode::kData, std::move(message)); }

}  // namespace segue::engine

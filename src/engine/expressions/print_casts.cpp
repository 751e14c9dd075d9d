// Casts to VARCHAR, as DuckDB spells it. FLOAT is DuckDB's: it does not always write the shortest digits, and only its
// library knows when.
#include <algorithm>
#include <cmath>

#include "columns/value.h"
#include "engine/expressions/casts.h"

namespace segue::engine {
namespace {

// Any type at all; integers, the common case, without a detour over Value.
void run_print(const Call& call, Answer& answer) {
  const Column& source = call.arguments[0];
  auto* out = answer.values<std::string_view>(call.rows);
  for (size_t i = 0; i < call.rows; ++i) {
    bool present = call.valid == nullptr || call.valid[i];
    out[i] = present ? answer.text().copy(to_string(value_at(source, i))) : std::string_view();
  }
}

template <class T>
void run_print_integer(const Call& call, Answer& answer) {
  auto read = rows::strided<T>(call.arguments[0]);
  auto* out = answer.values<std::string_view>(call.rows);
  for (size_t i = 0; i < call.rows; ++i) {
    fmt::format_int digits(read[i]);
    out[i] = answer.text().copy({digits.data(), digits.size()});
  }
}

void run_print_double(const Call& call, Answer& answer) {
  auto read = rows::strided<double>(call.arguments[0]);
  auto* out = answer.values<std::string_view>(call.rows);
  fmt::memory_buffer buffer;
  for (size_t i = 0; i < call.rows; ++i) {
    buffer.clear();
    double value = read[i];
    fmt::format_to(std::back_inserter(buffer), "{}", value);
    std::string_view text(buffer.data(), buffer.size());
    out[i] = answer.text().copy(text);
    if (std::isfinite(value) && text.find_first_of(".e") == std::string_view::npos) {
      buffer.append(std::string_view(".0"));
      out[i] = answer.text().copy({buffer.data(), buffer.size()});
    }
  }
}

bool holds_float(const Type& type) {
  if (type.id == TypeId::kFloat) return true;
  return std::any_of(type.fields.begin(), type.fields.end(),
                     [](const Field& field) { return holds_float(field.type); });
}

std::optional<std::string> check_print(const plan::Expression& call) {
  if (holds_float(call.arguments[0]->type)) return signature(call) + " is not supported";
  return std::nullopt;
}

void add(KernelTable& table, Kind from, void (*run)(const Call&, Answer&)) {
  table.push_back({"cast", {from}, Kind::kVarchar, run});
  table.push_back({"try_cast", {from}, Kind::kVarchar, run});
}

}  // namespace

const KernelTable& print_cast_kernels() {
  static const KernelTable table = [] {
    KernelTable made;
    add(made, Kind::kTinyint, &run_print_integer<int8_t>);
    add(made, Kind::kSmallint, &run_print_integer<int16_t>);
    add(made, Kind::kInteger, &run_print_integer<int32_t>);
    add(made, Kind::kBigint, &run_print_integer<int64_t>);
    add(made, Kind::kDouble, &run_print_double);
    for (Kind kind : {Kind::kBoolean, Kind::kHugeint, Kind::kDecimal, Kind::kWideDecimal, Kind::kBlob, Kind::kDate,
                      Kind::kTimestamp, Kind::kInterval, Kind::kList, Kind::kStruct}) {
      add(made, kind, &run_print);
    }
    for (Kernel& kernel : made) kernel.check = &check_print;
    return made;
  }();
  return table;
}

}  // namespace segue::engine

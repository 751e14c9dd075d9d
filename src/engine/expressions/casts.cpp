#include "engine/expressions/casts.h"

#include "columns/value.h"

namespace segue::engine {

std::string shown(std::string_view text) {
  constexpr size_t kMost = 100;
  std::string cut(text.substr(0, kMost));
  if (text.size() > kMost) {
    while (!cut.empty() && (static_cast<unsigned char>(text[cut.size()]) & 0xC0) == 0x80) cut.pop_back();
    cut += "…";
  }
  return "'" + cut + "'";
}

std::string shown(const Column& column, size_t row) {
  if (column.type.id == TypeId::kVarchar) return shown(column.text(row));
  return to_string(value_at(column, row));
}

void fail_cast(const std::string& value, const Type& target) {
  fail_value(fmt::format("cannot cast {} to {}", value, to_string(target)));
}

}  // namespace segue::engine

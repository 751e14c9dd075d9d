#include "definition/definition.h"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace segue::definition {
namespace {

template <class T>
const T* find(const std::vector<T>& things, std::string_view name) {
  auto found = std::find_if(things.begin(), things.end(), [&](const T& thing) { return thing.name == name; });
  return found == things.end() ? nullptr : &*found;
}

// On one line, however it was written.
std::string one_line(std::string_view text) {
  std::string result;
  for (char c : text) {
    bool blank = c == ' ' || c == '\n' || c == '\r' || c == '\t';
    if (!blank) {
      result += c;
    } else if (!result.empty() && result.back() != ' ') {
      result += ' ';
    }
  }
  while (result.ends_with(' ')) result.pop_back();
  return result;
}

}  // namespace

const Param* Pipeline::param(std::string_view name) const { return find(params, name); }
const Source* Pipeline::source(std::string_view name) const { return find(sources, name); }
const Step* Pipeline::step(std::string_view name) const { return find(steps, name); }

std::string to_string(const Check& check) {
  auto range = [](const std::optional<std::string>& min, const std::optional<std::string>& max) {
    if (min && max) return fmt::format("{} to {}", *min, *max);
    return min ? fmt::format("at least {}", *min) : fmt::format("at most {}", max.value_or(""));
  };
  auto bound = [](const std::optional<Bound>& each) { return each ? std::optional(each->text) : std::nullopt; };
  auto rows = [](std::optional<uint64_t> each) { return each ? std::optional(std::to_string(*each)) : std::nullopt; };
  switch (check.kind) {
    case Check::Kind::kUnique: return fmt::format("unique({})", fmt::join(check.columns, ", "));
    case Check::Kind::kNotNull: return fmt::format("not_null({})", fmt::join(check.columns, ", "));
    case Check::Kind::kBetween:
      return fmt::format("between({}: {})", fmt::join(check.columns, ", "), range(bound(check.min), bound(check.max)));
    case Check::Kind::kRowCount: return fmt::format("row_count({})", range(rows(check.min_rows), rows(check.max_rows)));
    case Check::Kind::kSql: return fmt::format("sql({})", one_line(check.expression.text()));
  }
  return "check";
}

}  // namespace segue::definition

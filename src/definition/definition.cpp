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

std::string how_to_read(const Source& source) {
  const Format& format = source.format;
  std::string text = fmt::format("{} {} {} {} {} {} {} {}", static_cast<int>(format.type), format.delimiter,
                                 format.quote.value_or('\0'), static_cast<int>(format.encoding), format.header,
                                 fmt::join(format.nulls, "\x01"), source.member, source.partitions);
  for (const Field& column : source.columns) text += fmt::format("\n{} {}", column.name, to_string(column.type));
  return text;
}

std::string_view to_string(Severity severity) {
  switch (severity) {
    case Severity::kFail: return "fail";
    case Severity::kWarn: return "warn";
    case Severity::kQuarantine: return "quarantine";
  }
  return "severity";
}

std::string_view to_string(WriteMode mode) {
  switch (mode) {
    case WriteMode::kReplace: return "replace";
    case WriteMode::kAppend: return "append";
    case WriteMode::kMerge: return "merge";
  }
  return "write";
}

std::string_view to_string(SchemaChanges changes) {
  switch (changes) {
    case SchemaChanges::kRefuse: return "refuse";
    case SchemaChanges::kAdd: return "add";
    case SchemaChanges::kAny: return "any";
  }
  return "changes";
}

std::string to_string(const Check& check) {
  auto range = [](const auto& min, const auto& max) {
    if (min && max) return fmt::format("{} to {}", *min, *max);
    return min ? fmt::format("at least {}", *min) : max ? fmt::format("at most {}", *max) : std::string();
  };
  auto text = [](const std::optional<Bound>& each) { return each ? std::optional(each->text) : std::nullopt; };
  auto names = [](const std::vector<Named>& all) {
    std::string list;
    for (const Named& each : all) list += (list.empty() ? "" : ", ") + each.name;
    return list;
  };
  std::string columns = names(check.columns);
  std::string bounds = range(text(check.min), text(check.max));
  switch (check.kind) {
    case CheckKind::kNotNull: return fmt::format("not_null({})", columns);
    case CheckKind::kUnique: return fmt::format("unique({})", columns);
    case CheckKind::kAcceptedValues: {
      std::vector<std::string> values;
      for (const Bound& value : check.values) values.push_back(value.text);
      return fmt::format("accepted_values({}: {})", columns, fmt::join(values, ", "));
    }
    case CheckKind::kBetween: return fmt::format("between({}: {})", columns, bounds);
    case CheckKind::kLength: return fmt::format("length({}: {})", columns, range(check.least, check.most));
    case CheckKind::kRegex: return fmt::format("regex({}: {})", columns, one_line(check.pattern));
    case CheckKind::kRelationship: {
      std::string keys = names(check.keys);
      return keys == columns ? fmt::format("relationship({} in {})", columns, check.to.name)
                             : fmt::format("relationship({} in {}: {})", columns, check.to.name, keys);
    }
    case CheckKind::kSql: return fmt::format("sql({})", one_line(check.expression.text()));
    case CheckKind::kRowCount: return fmt::format("row_count({})", range(check.least, check.most));
    case CheckKind::kFreshness: return fmt::format("freshness({}: {})", columns, one_line(check.within));
    case CheckKind::kSum: return fmt::format("sum({}: {})", columns, bounds);
    case CheckKind::kMean: return fmt::format("mean({}: {})", columns, bounds);
    case CheckKind::kStddev: return fmt::format("stddev({}: {})", columns, bounds);
    case CheckKind::kQuantile: return fmt::format("quantile({} at {}: {})", columns, check.at.value_or(0), bounds);
    case CheckKind::kChange: {
      std::vector<std::string> limits;
      if (check.rows) limits.push_back(fmt::format("rows: {:g}%", *check.rows * 100));
      for (const NullShare& share : check.null_shares)
        limits.push_back(fmt::format("NULLs of {}: {:g}%", share.column.name, share.at_most * 100));
      return fmt::format("change({})", fmt::join(limits, ", "));
    }
  }
  return "check";
}

}  // namespace segue::definition

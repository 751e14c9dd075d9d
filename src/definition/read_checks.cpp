#include <algorithm>
#include <cstdlib>
#include <string_view>

#include <fmt/format.h>

#include "base/limits.h"
#include "definition/readers.h"
#include "definition/values.h"

namespace segue::definition {
namespace {

constexpr Choice<Severity> kSeverities[] = {
    {"fail", Severity::kFail}, {"warn", Severity::kWarn}, {"quarantine", Severity::kQuarantine}};

// [+-]digits[.digits][e[+-]digits]: what SQL reads as a number too.
bool is_number(std::string_view text) {
  auto digits = [&] {
    size_t count = 0;
    while (count < text.size() && text[count] >= '0' && text[count] <= '9') ++count;
    text.remove_prefix(count);
    return count;
  };
  if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
  if (digits() == 0) return false;
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    if (digits() == 0) return false;
  }
  if (text.starts_with('e') || text.starts_with('E')) {
    text.remove_prefix(1);
    if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
    if (digits() == 0) return false;
  }
  return text.empty();
}

std::vector<Named> names_of(const std::vector<Filled>& texts, std::string_view key, Mistakes& mistakes) {
  std::vector<Named> names;
  for (const Filled& text : texts) {
    if (!text.known) continue;
    auto same = [&](const Named& name) { return name.name == text.text; };
    if (text.text.empty()) {
      mistakes.add(fmt::format("`{}` names a column that is empty", key), text.place);
    } else if (std::any_of(names.begin(), names.end(), same)) {
      mistakes.add(fmt::format("`{}` names the column `{}` twice", key, text.text), text.place, "remove one of them");
    } else {
      names.push_back({text.text, text.place});
    }
  }
  return names;
}

std::vector<Named> read_names(const Section& section, std::string_view key) {
  return names_of(section.texts(key).value_or(std::vector<Filled>{}), key, section.context().mistakes);
}

void read_column(const Section& section, Check& check) {
  if (std::optional<Filled> column = section.text("column"))
    check.columns = names_of({*column}, "column", section.context().mistakes);
}

// A text that SQL can hold.
std::optional<Filled> read_literal(const Section& section, std::string_view key) {
  std::optional<Filled> filled = section.text(key);
  if (!filled || !filled->known) return std::nullopt;
  if (filled->text.find('\0') == std::string::npos) return filled;
  section.context().mistakes.add(fmt::format("`{}` cannot hold a NUL byte", key), filled->place);
  return std::nullopt;
}

std::optional<Bound> read_bound(const Section& section, std::string_view key) {
  std::optional<Filled> filled = read_literal(section, key);
  if (!filled) return std::nullopt;
  return Bound{filled->text, is_number(filled->text), filled->place};
}

void read_bounds(const Section& section, Check& check) {
  check.min = read_bound(section, "min");
  check.max = read_bound(section, "max");
  bool numbers = check.min && check.max && check.min->number && check.max->number;
  if (numbers && std::strtold(check.min->text.c_str(), nullptr) > std::strtold(check.max->text.c_str(), nullptr)) {
    section.context().mistakes.add(
        fmt::format("`min` is {}, more than `max`, which is {}", check.min->text, check.max->text), check.min->place,
        "nothing lies between: exchange them");
  }
}

void read_between(const Section& section, Check& check) {
  read_column(section, check);
  read_bounds(section, check);
}

// What is compared with sums and the like.
void read_measure(const Section& section, Check& check) {
  read_between(section, check);
  for (auto [key, bound] : {std::pair("min", &check.min), std::pair("max", &check.max)}) {
    if (!*bound || (*bound)->number) continue;
    section.context().mistakes.add(fmt::format("`{}` must be a number, not `{}`", key, (*bound)->text), (*bound)->place,
                                   section.example(key));
    bound->reset();
  }
}

void read_quantile(const Section& section, Check& check) {
  read_measure(section, check);
  std::optional<Filled> at = section.text("at");
  if (!at || !at->known) return;
  double value = is_number(at->text) ? std::strtod(at->text.c_str(), nullptr) : -1;
  if (value >= 0 && value <= 1) {
    check.at = value;
  } else {
    section.context().mistakes.add(fmt::format("`at` must be a number from 0 to 1, not `{}`", at->text), at->place,
                                   section.example("at"));
  }
}

void read_counts(const Section& section, std::string_view hint, Check& check) {
  check.least = section.count("min");
  check.most = section.count("max");
  if (check.least && check.most && *check.least > *check.most) {
    section.context().mistakes.add(fmt::format("`min` is {}, more than `max`, which is {}", *check.least, *check.most),
                                   section.entry("min")->value->place, std::string(hint));
  }
}

void read_row_count(const Section& section, Check& check) {
  read_counts(section, "no table has such a number of rows: exchange them", check);
}

void read_length(const Section& section, Check& check) {
  read_column(section, check);
  read_counts(section, "nothing has such a length: exchange them", check);
}

void read_accepted_values(const Section& section, Check& check) {
  read_column(section, check);
  for (const Filled& value : section.texts("values").value_or(std::vector<Filled>{})) {
    if (value.text.find('\0') != std::string::npos) {
      section.context().mistakes.add("`values` cannot hold a NUL byte", value.place);
      continue;
    }
    check.values.push_back({value.text, is_number(value.text), value.place});
  }
}

void read_regex(const Section& section, Check& check) {
  read_column(section, check);
  std::optional<Filled> pattern = read_literal(section, "pattern");
  if (!pattern) return;
  check.pattern = pattern->text;
  check.pattern_place = pattern->place;
}

void read_relationship(const Section& section, Check& check) {
  check.columns = read_names(section, "column");
  if (std::optional<Filled> to = section.text("to"); to && to->known) check.to = {to->text, to->place};
  if (!section.has("key")) {
    check.keys = check.columns;
    return;
  }
  check.keys = read_names(section, "key");
  if (check.keys.size() == check.columns.size() || check.keys.empty() || check.columns.empty()) return;
  section.context().mistakes.add(fmt::format("`column` names {} and `key` {}: they belong together one by one",
                                             check.columns.size(), check.keys.size()),
                                 section.entry("key")->key_place, "name as many columns in both");
}

void read_freshness(const Section& section, Check& check) {
  constexpr int64_t kDay = int64_t{24} * 60 * 60 * 1'000'000;
  read_column(section, check);
  std::optional<Filled> within = section.text("within");
  if (!within || !within->known) return;
  std::optional<Interval> interval = parse_interval(within->text);
  if (interval && interval->months == 0) check.within_micros = interval->days * kDay + interval->micros;
  check.within = within->text;
  if (check.within_micros > 0) return;
  section.context().mistakes.add(interval && interval->months != 0
                                     ? fmt::format("`within` cannot be `{}`: months are not equally long", within->text)
                                     : fmt::format("`within` must be a time, not `{}`", within->text),
                                 within->place, section.example("within"));
}

void read_change(const Section& section, Check& check) {
  check.rows = section.share("rows");
  if (!section.has("null_share")) return;
  for (const auto& [column, share] : section.column_shares("null_share"))
    check.null_shares.push_back({{column.text, column.place}, share});
}

// How what stands behind a kind's key is read; those that are no map are read by read_check.
struct Kind {
  std::string_view key;
  CheckKind kind;
  void (*read)(const Section& section, Check& check) = nullptr;
};
constexpr Kind kKinds[] = {
    {"not_null", CheckKind::kNotNull},
    {"unique", CheckKind::kUnique},
    {"accepted_values", CheckKind::kAcceptedValues, read_accepted_values},
    {"between", CheckKind::kBetween, read_between},
    {"length", CheckKind::kLength, read_length},
    {"regex", CheckKind::kRegex, read_regex},
    {"relationship", CheckKind::kRelationship, read_relationship},
    {"sql", CheckKind::kSql},
    {"row_count", CheckKind::kRowCount, read_row_count},
    {"freshness", CheckKind::kFreshness, read_freshness},
    {"sum", CheckKind::kSum, read_measure},
    {"mean", CheckKind::kMean, read_measure},
    {"stddev", CheckKind::kStddev, read_measure},
    {"quantile", CheckKind::kQuantile, read_quantile},
    {"change", CheckKind::kChange, read_change},
};

Check read_check(const Section& section) {
  Check check;
  check.severity = section.choice<Severity>("severity", kSeverities).value_or(Severity::kFail);
  for (const Kind& kind : kKinds) {
    if (!section.has(kind.key)) continue;
    check.kind = kind.kind;
    check.place = section.entry(kind.key)->key_place;
    if (kind.kind == CheckKind::kSql) {
      check.expression = section.sql(kind.key).value_or(LocatedText());
    } else if (kind.read == nullptr) {
      check.columns = read_names(section, kind.key);
    } else if (std::optional<Section> map = section.map(kind.key)) {
      kind.read(*map, check);
    }
  }
  if (check.severity == Severity::kQuarantine && !about_rows(check.kind)) {
    section.context().mistakes.add(
        fmt::format("`{}` is about the table as a whole, so there are no rows to quarantine", to_string(check.kind)),
        section.entry("severity")->value->place, "write `fail` or `warn`");
  }
  return check;
}

}  // namespace

std::vector<Check> read_checks(const Section& step) {
  std::vector<Check> checks;
  if (!step.has("checks")) return checks;
  const std::vector<NodePtr>* items = step.list("checks");
  if (items == nullptr) return checks;
  Context& context = step.context();
  if (items->size() > limits::kDefinitionNames) {
    context.mistakes.add(fmt::format("more than {} checks", limits::kDefinitionNames), step.entry("checks")->key_place);
    return checks;
  }
  static const Table& table = *pipeline_table().find("steps")->table->find("checks")->table;
  for (const NodePtr& item : *items) {
    std::optional<Section> section = section_of(*item, table, "a check", item->place, "unique: user_id", context);
    if (section) checks.push_back(read_check(*section));
  }
  return checks;
}

}  // namespace segue::definition

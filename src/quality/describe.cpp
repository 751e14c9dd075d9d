// What counts mean, in words.
#include <cmath>

#include <fmt/format.h>

#include "base/error.h"
#include "quality/checks.h"
#include "quality/sql_text.h"

namespace segue::quality {
namespace {

// "a", "(a, b)"
std::string print_columns(const std::vector<std::string>& columns) {
  return columns.size() == 1 ? columns[0] : fmt::format("({})", join(columns, ", "));
}

std::string rows_text(uint64_t rows) { return fmt::format("{} {}", rows, rows == 1 ? "row" : "rows"); }

// " outside 1 to 5", " below 1", " above 5"
template <class Bound, class Print>
std::string beyond(const std::optional<Bound>& min, const std::optional<Bound>& max, const Print& print) {
  if (min && max) return fmt::format("outside {} to {}", print(*min), print(*max));
  return min ? fmt::format("below {}", print(*min)) : fmt::format("above {}", print(*max));
}

std::string beyond(const Check& check) {
  return beyond(check.min, check.max, [](const Constant& bound) { return bound.text; });
}

std::string beyond_counts(const Check& check) {
  return beyond(check.least, check.most, [](uint64_t count) { return std::to_string(count); });
}

}  // namespace

Change judge_change(const Check& check, uint64_t rows, const std::vector<uint64_t>& nulls,
                    const std::optional<Contents>& before) {
  Change change;
  change.counts.rows = rows;
  if (!before || before->rows == 0) return change;
  std::vector<std::string> observed, wrong;
  double old_rows = static_cast<double>(before->rows);
  if (check.rows_change) {
    double difference = (static_cast<double>(rows) - old_rows) / old_rows;
    observed.push_back(fmt::format("rows {:+.1f}%", difference * 100));
    if (std::abs(difference) > *check.rows_change)
      wrong.push_back(fmt::format("{}, {:.1f}% {} than the {} of version {}, and {:g}% is allowed", rows_text(rows),
                                  std::abs(difference) * 100, difference < 0 ? "fewer" : "more", before->rows,
                                  before->version, *check.rows_change * 100));
  }
  for (size_t i = 0; i < check.columns.size(); ++i) {
    auto old_nulls = before->nulls.find(check.columns[i]);
    if (old_nulls == before->nulls.end() || rows == 0) continue;
    double old_share = static_cast<double>(old_nulls->second) / old_rows;
    double share = static_cast<double>(nulls.at(i)) / static_cast<double>(rows);
    observed.push_back(fmt::format("NULLs of {} {:+.1f}", check.columns[i], (share - old_share) * 100));
    if (std::abs(share - old_share) > check.share_changes.at(i))
      wrong.push_back(
          fmt::format("{:.1f}% of {} is NULL, it was {:.1f}% in version {}, and a change of {:g} is allowed",
                      share * 100, check.columns[i], old_share * 100, before->version, check.share_changes[i] * 100));
  }
  change.counts.failing = wrong.size();
  change.counts.observed = join(observed, ", ");
  change.message = join(wrong, "; ");
  return change;
}

std::string describe(const Check& check, const Counts& counts) {
  SEGUE_ASSERT(counts.failing > 0);
  std::string columns = print_columns(check.columns);
  auto of_rows = [&](const char* one, const char* many, const std::string& what) {
    return fmt::format("{} of {} {} {}", counts.failing, rows_text(counts.rows), counts.failing == 1 ? one : many,
                       what);
  };
  auto measured = [&](const std::string& name) {
    return fmt::format("the {} of {} is {}, {}", name, columns, counts.observed, beyond(check));
  };
  switch (check.kind) {
    case CheckKind::kNotNull: return of_rows("has", "have", "NULL in " + columns);
    case CheckKind::kUnique:
      return fmt::format("{} {} of {} {} more than once", counts.failing, counts.failing == 1 ? "value" : "values",
                         columns, counts.failing == 1 ? "comes" : "come");
    case CheckKind::kAcceptedValues: return of_rows("has", "have", fmt::format("another value in {}", columns));
    case CheckKind::kBetween: return of_rows("has", "have", fmt::format("{} {}", columns, beyond(check)));
    case CheckKind::kLength:
      return of_rows("has", "have", fmt::format("a length of {} {}", columns, beyond_counts(check)));
    case CheckKind::kRegex: return of_rows("has", "have", fmt::format("{} without the pattern", columns));
    case CheckKind::kRelationship:
      return of_rows("has", "have", fmt::format("{} that {} does not have", columns, check.to));
    case CheckKind::kSql: return of_rows("breaks", "break", check.expression);
    case CheckKind::kRowCount: {
      bool few = check.least && counts.rows < *check.least;
      return fmt::format("{}, {} {} expected", rows_text(counts.rows), few ? "at least" : "at most",
                         few ? *check.least : *check.most);
    }
    case CheckKind::kFreshness:
      return counts.observed.empty()
                 ? fmt::format("no row has a value of {}, and the newest may be {} old", columns, check.within)
                 : fmt::format("the newest {} is {}, more than {} before the run", columns, counts.observed,
                               check.within);
    case CheckKind::kSum: return measured("sum");
    case CheckKind::kMean: return measured("mean");
    case CheckKind::kStddev: return measured("standard deviation");
    case CheckKind::kQuantile: return measured(fmt::format("quantile {}", check.at));
    case CheckKind::kChange: break;
  }
  fail(ErrorCode::kInternal, "no such check");
}

}  // namespace segue::quality

#include "base/check_kind.h"

namespace segue {

std::string_view to_string(CheckKind kind) {
  switch (kind) {
    case CheckKind::kNotNull: return "not_null";
    case CheckKind::kUnique: return "unique";
    case CheckKind::kAcceptedValues: return "accepted_values";
    case CheckKind::kBetween: return "between";
    case CheckKind::kLength: return "length";
    case CheckKind::kRegex: return "regex";
    case CheckKind::kRelationship: return "relationship";
    case CheckKind::kSql: return "sql";
    case CheckKind::kRowCount: return "row_count";
    case CheckKind::kFreshness: return "freshness";
    case CheckKind::kSum: return "sum";
    case CheckKind::kMean: return "mean";
    case CheckKind::kStddev: return "stddev";
    case CheckKind::kQuantile: return "quantile";
    case CheckKind::kChange: return "change";
  }
  return "check";
}

bool about_rows(CheckKind kind) {
  switch (kind) {
    case CheckKind::kNotNull:
    case CheckKind::kUnique:
    case CheckKind::kAcceptedValues:
    case CheckKind::kBetween:
    case CheckKind::kLength:
    case CheckKind::kRegex:
    case CheckKind::kRelationship:
    case CheckKind::kSql: return true;
    case CheckKind::kRowCount:
    case CheckKind::kFreshness:
    case CheckKind::kSum:
    case CheckKind::kMean:
    case CheckKind::kStddev:
    case CheckKind::kQuantile:
    case CheckKind::kChange: return false;
  }
  return false;
}

}  // namespace segue

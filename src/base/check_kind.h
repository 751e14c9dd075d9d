// The kinds of checks. quality/checks.h says what each means.
#pragma once

#include <string_view>

namespace segue {

enum class CheckKind {
  kNotNull,
  kUnique,
  kAcceptedValues,
  kBetween,
  kLength,
  kRegex,
  kRelationship,
  kSql,
  kRowCount,
  kFreshness,
  kSum,
  kMean,
  kStddev,
  kQuantile,
  kChange,
};

// "unique", "not_null", …: as the definition spells it.
std::string_view to_string(CheckKind kind);

// Whether it says of each row whether it breaks the check; else it is about the table as a whole.
bool about_rows(CheckKind kind);

}  // namespace segue

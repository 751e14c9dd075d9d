// What was seen of the values of a column, and the type that they make.
//
// Every value is of one Kind, the narrowest that it can be. A column keeps for each kind that it met how many values
// were of it and which was the first: so evidence of many files can be put together, and each decision can say who
// voted for what. Evidence is put together in the order of the files: then it does not depend on threads.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "columns/type.h"

namespace segue::crawl {

enum class Kind : uint8_t {
  kTrue,  // `true` in any case; of the words below a column is BOOLEAN only if it has both of a pair
  kFalse,
  kT,
  kF,
  kYes,
  kNo,
  kY,
  kN,
  kInteger,       // of 64 bits
  kWhole,         // an integer of up to 38 digits
  kNumber,        // with a fraction or an exponent
  kNotFinite,     // inf, infinity
  kDate,          // what formats/values.h takes as DATE
  kTimestamp,     // … as TIMESTAMP
  kNullSpelling,  // `NA`, `\N`, …: NULL if the others have a type
  kCode,          // digits that a number would change: 00501, +4930, or more than 38
  kText,
  kEmptyText,  // "" in quotes
  kObject,     // of JSON
  kList,
};

// Where a value stands.
struct Spot {
  uint32_t file = 0;  // number of the file in the order of paths
  uint64_t line = 0;  // from 1; of Parquet 0
  auto operator<=>(const Spot&) const = default;
};

struct Vote {
  Kind kind = Kind::kText;
  std::string text;  // the first value, cut; of kNullSpelling the spelling, which has a vote of its own
  uint64_t count = 0;
  Spot first;
};

// `NA`, `\N` and the like: what may stand for NULL.
bool spells_null(std::string_view field);
// The kind of an unquoted field of delimited text. REQUIRES: it is not empty.
Kind kind_of_field(std::string_view field);
// The kind of a quoted field, or of a string of JSON. A field may be a number or a word, a string never is.
Kind kind_of_quoted(std::string_view field);
Kind kind_of_string(std::string_view text);
// The kind of a number of JSON. REQUIRES: formats::json_number(text).
Kind kind_of_number(std::string_view text);

class Evidence {
 public:
  Evidence();
  ~Evidence();
  Evidence(Evidence&&) noexcept;
  Evidence& operator=(Evidence&&) noexcept;

  void see(Kind kind, std::string_view text, Spot spot);
  void see_null(uint64_t count = 1) { nulls_ += count; }
  // The first value that is none of a declared type, and why.
  void see_misfit(std::string reason, Spot spot);
  // Parquet files say the type of their columns: nothing is guessed then.
  void see_type(const Type& type, Spot spot);

  // Of JSON: the values of a key in the objects that were seen, made when it is asked for first; null if there are more
  // keys than anything but data has. What the elements of the lists are.
  Evidence* key(std::string_view name);
  Evidence& element();
  // False if the object of that number was told here before: it has the key twice.
  bool first_in(uint64_t object) { return std::exchange(object_, object) != object; }

  // `later` stands behind all that was seen here.
  void merge(Evidence&& later);

  // The type that takes all values: VARCHAR if they have nothing else in common, or there are none.
  Type type() const;
  // Spellings of NULL: of votes for kNullSpelling those without which the column has another type than VARCHAR. `\N` is
  // one in any column.
  std::vector<std::string> null_spellings() const;
  // Why it is this type: the votes, the most numerous first.
  std::vector<Vote> votes() const;

  uint64_t values() const;  // that are not NULL
  uint64_t nulls() const { return nulls_; }
  bool keys_are_data() const;
  struct Misfit {
    std::string reason;  // empty: there is none
    Spot spot;
  };
  // The first one, also in what lies within.
  const Misfit& misfit() const;
  bool fits() const { return misfit_.reason.empty(); }
  const std::vector<std::pair<std::string, std::unique_ptr<Evidence>>>& keys() const { return keys_; }
  const Evidence* elements() const { return element_.get(); }
  // What Parquet files said; kNull if none did.
  struct Declared {
    Type type;
    Spot spot;
  };
  const std::vector<Declared>& declared() const { return declared_; }

 private:
  Type type_of_kinds(uint32_t kinds) const;
  uint32_t kinds(bool with_spellings) const;

  std::vector<Vote> votes_;
  size_t last_ = 0;  // the vote that the last value went to
  uint64_t nulls_ = 0;
  uint64_t object_ = 0;  // the last one
  Misfit misfit_;
  std::vector<std::pair<std::string, std::unique_ptr<Evidence>>> keys_;  // in the order of their first object
  std::map<std::string, size_t, std::less<>> places_;                    // of keys_
  size_t next_key_ = 0;                                                  // most objects have the same keys in one order
  bool too_many_keys_ = false;
  std::unique_ptr<Evidence> element_;
  std::vector<Declared> declared_;  // each type once
};

// "boolean", "bigint", "text", "NULL as `NA`", …: a kind for people.
std::string to_string(const Vote& vote);

// A type as a pipeline file has it: `bigint`, `struct(a bigint)[]`.
std::string type_text(const Type& type);

}  // namespace segue::crawl

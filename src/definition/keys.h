// Every key of segue.yaml and pipeline.yaml, once.
//
// The parser (section.h), the JSON Schemas (schema.h) and the key reference of docs/pipeline-file.md all come from
// these tables (keys.cpp, source_keys.cpp, step_keys.cpp, check_keys.cpp). To add a key: add it there, read it where its
// section is read (read_source.cpp, read_step.cpp, …), run the tests: they say which of the generated files to renew.
#pragma once

#include <string_view>
#include <vector>

namespace segue::definition {

// What a value looks like. `$name` and `${NAME}` are filled in all but kProse, kColumnTexts, kName, kPattern and kSql.
enum class Shape {
  kProse,         // a text for people
  kName,          // an identifier
  kPattern,       // a regular expression, in which `$` is its own
  kText,          // a text or number
  kSql,           // SQL: taken as it stands; a parameter in it is a value, not text
  kBoolean,       // true or false
  kCount,         // a whole number from 0 on
  kFlag,          // a key without a value
  kBytes,         // an amount of memory: 4 GiB
  kShare,         // a percentage up to 100: 1%
  kGrowth,        // a percentage: 150%
  kChoice,        // one of `allowed`; or, where there is a `table`, a map
  kTexts,         // a text, or a list of texts
  kColumns,       // a map from column names to types
  kColumnShares,  // a map from column names to percentages up to 100
  kColumnTexts,   // a map from column names to texts for people
  kMap,           // a map with the keys of `table`
  kNamed,         // a map from names to maps with the keys of `table`
  kList,          // a list of maps with the keys of `table`
};

struct Table;

struct Key {
  std::string_view name;
  Shape shape = Shape::kText;
  std::string_view summary;        // one sentence, for documentation and editors
  std::string_view example;        // a value, YAML on one line
  std::string_view fallback = {};  // what holds without the key, for documentation; empty: nothing
  bool required = false;
  std::vector<std::string_view> allowed = {};
  const Table* table = nullptr;
  // In a table with `chosen_by`: the only value of that key that this one goes with; empty: it goes with all.
  std::string_view only_with = {};
  // Another key of the table that this one goes with; only there can it be required. Empty: it goes with all.
  std::string_view beside = {};
};

struct Table {
  std::string_view title;  // heading of the reference
  std::vector<Key> keys;
  std::vector<std::string_view> exactly_one = {};   // of these keys one must be given, and no other of them
  std::vector<std::string_view> at_least_one = {};  // of these keys
  std::string_view chosen_by = {};                  // the key, a kChoice, that says which others there can be

  // Null if there is none of that name.
  const Key* find(std::string_view name) const;
};

// The tables of whole files; all others hang below them. They live as long as the program.
const Table& project_table();
const Table& pipeline_table();

}  // namespace segue::definition

// What segue.yaml and pipeline.yaml say, read and validated: plain values, no YAML left, no behaviour.
//
// load.h makes them. What is in a Pipeline holds: names are identifiers and unique, parameters have values of their
// types, SQL is there (unparsed), paths are absolute. What needs SQL to be seen (unknown columns, dependencies and
// cycles of steps) is found by sql/.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/check_kind.h"
#include "base/error.h"
#include "columns/type.h"
#include "columns/value.h"
#include "definition/located_text.h"

namespace segue::definition {

enum class EngineName { kNative, kDuckdb };

// Where S3 is and who we are there. What is empty is as the environment and the files of AWS's tools say.
struct S3Settings {
  std::string endpoint;  // http://… or https://…
  std::string region;
  std::string profile;  // of AWS's files
};

// Where and how a run happens.
struct Settings {
  std::filesystem::path lake;  // absolute
  EngineName engine = EngineName::kNative;
  std::optional<uint64_t> memory;    // bytes; without it, what the program takes by itself
  std::optional<uint32_t> threads;   // 1 … limits::kThreads; without it, all cores
  std::optional<int64_t> retention;  // µs; without it, kRetention
  S3Settings s3;
};

// For how long the files of versions that are not the newest are kept: Delta Lake's own default.
inline constexpr int64_t kRetention = int64_t{7} * 24 * 3600 * 1'000'000;  // µs

// What a profile says other than segue.yaml's top; what it leaves out stays as it is there.
struct Profile {
  std::string name;
  std::optional<std::filesystem::path> lake;
  std::optional<EngineName> engine;
  std::optional<uint64_t> memory;
  std::optional<uint32_t> threads;
  std::optional<int64_t> retention;
  S3Settings s3;
  Place place;
};

struct Project {
  std::filesystem::path folder;   // absolute; the one that holds segue.yaml
  std::filesystem::path file;     // segue.yaml
  Settings settings;              // without any profile
  std::vector<Profile> profiles;  // in file order
};

enum class ParamType { kPath, kInterval, kInteger, kDouble, kBoolean, kVarchar, kDate, kTimestamp };

struct Param {
  std::string name;
  ParamType type = ParamType::kVarchar;
  // The value that holds: the command line's, else the default. Its type is VARCHAR (path, varchar), INTERVAL, BIGINT
  // (integer), DOUBLE, BOOLEAN, DATE or TIMESTAMP. A path is absolute: a default is relative to segue.yaml's folder, a
  // path from the command line to the working directory. NULL only if nothing gave a value and
  // LoadOptions::without_values allowed that.
  Value value;
  std::string text;         // the value as it was written; of a path, made absolute
  bool overridden = false;  // by the command line
  Place place;              // of the name
};

enum class Encoding { kUtf8, kLatin1 };

enum class FormatType { kDelimited, kJsonLines, kJson, kParquet };

// How a file is to be read. All but the type is of delimited files only.
struct Format {
  FormatType type = FormatType::kDelimited;
  std::string delimiter = "\t";  // ASCII, 1 to 8 characters
  std::optional<char> quote;     // `"` or `'`; else every character stands for itself
  Encoding encoding = Encoding::kUtf8;
  bool header = false;             // the first line of each file holds names, no values
  std::vector<std::string> nulls;  // spellings of NULL, besides the empty field; of what is not quoted
};

struct BadRowsRule {
  bool quarantine = false;              // else the first bad row ends the run
  std::optional<double> at_most_share;  // 0 … 1; more of a source's rows than this, and the run ends
};

// Files, or a table of the lake.
struct Source {
  std::string name;
  std::string table;               // `pipeline.step`: a table that another pipeline publishes; else empty
  std::optional<int64_t> version;  // of it; without, the newest
  Place table_place;
  std::string path;  // absolute; a file, a folder, or a pattern with `*`, `?`, `[…]` (`**` for folders of any depth)
  // Of a file of the web: its address, and what it must be; `path` is where it is kept once it is fetched. Else empty.
  std::string url;
  std::string md5, sha256;  // in small hexadecimal digits, or empty
  Place checksum_place;
  std::string member;  // of archives: a pattern for the members that are read; empty: all
  Format format;
  std::vector<Field> columns;        // in file order; types are lake types, LIST and STRUCT not in delimited text
  std::vector<Place> column_places;  // of each column's name
  size_t partitions = 0;             // the last so many columns are told by folders, `year=2018`, and not in the files
  BadRowsRule bad_rows;
  Place place;       // of the name
  Place path_place;  // of the path's value
};

// All that decides what rows the files of a source have, as text: two sources of the same text read a file alike.
std::string how_to_read(const Source& source);

enum class Severity { kFail, kWarn, kQuarantine };

// A bound or a value of a check, as it was written. Whether a number means a number or a text is the column's matter.
struct Bound {
  std::string text;
  bool number = false;  // it reads as a number, in SQL too
  Place place;
};

// A name that a check mentions: a column, a table.
struct Named {
  std::string name;
  Place place;
};

// By how much a share of NULLs may change.
struct NullShare {
  Named column;
  double at_most = 0;  // 0 … 1
};

// quality/checks.h says what each kind means.
struct Check {
  CheckKind kind = CheckKind::kSql;
  Severity severity = Severity::kFail;
  std::vector<Named> columns;     // all but kSql, kRowCount, kChange; kNotNull, kUnique, kRelationship: one or more
  std::optional<Bound> min, max;  // kBetween, and numbers: kSum, kMean, kStddev, kQuantile: at least one of them
  std::optional<uint64_t> least, most;  // kRowCount: rows; kLength: characters: at least one of them
  std::vector<Bound> values;            // kAcceptedValues
  std::string pattern;                  // kRegex
  Place pattern_place;
  std::string within;                  // kFreshness: as written
  int64_t within_micros = 0;           // more than 0
  Named to;                            // kRelationship: a source or a step, or `pipeline.step`: a table of the lake
  std::vector<Named> keys;             // kRelationship: columns of `to`, as many as `columns`
  std::optional<double> at;            // kQuantile: 0 … 1
  std::optional<double> rows;          // kChange: by what part of the rows there were; 0.1 is a tenth
  std::vector<NullShare> null_shares;  // kChange
  LocatedText expression;              // kSql: a boolean expression over a row
  Place place;                         // of the check's own key: `unique`, `not_null`, …
};

// "fail", "warn", "quarantine"
std::string_view to_string(Severity severity);
// "unique(user_id)", "between(songs: 1 to 100)", "row_count(at least 1)", "sql(ended_at >= started_at)": how records
// and messages name a check.
std::string to_string(const Check& check);

enum class ExportFormat { kTsv, kCsv, kJson };

// A copy of a table in one file, besides the table.
struct Export {
  ExportFormat format = ExportFormat::kTsv;
  std::filesystem::path path;  // absolute; a relative one is relative to segue.yaml's folder
  Place place;                 // of the path's value
};

// Both have a log; of kParquet the folder holds the files of one version alone, so that readers need no log.
enum class TableFormat { kDelta, kParquet };
enum class WriteMode { kReplace, kAppend, kMerge };

// "replace", "append", "merge"
std::string_view to_string(WriteMode mode);

// How a run changes a table. kAppend and kMerge: only files of one source that were not read before are read.
struct Write {
  WriteMode mode = WriteMode::kReplace;
  std::vector<Named> keys;  // kMerge: one or more columns; of all rows that are equal in them, one stays
  Named latest_by;          // kMerge: a column, and the row with its greatest value stays; no name: rows are combined
  Named from;               // the source whose new files are read; no name: the one that can be meant
  Place place;              // of the key `write`
};

// What a run may do to the columns of a table that is there.
enum class SchemaChanges {
  kRefuse,  // nothing
  kAdd,     // add columns, and make whole numbers wider
  kAny,
};

// "refuse", "add", "any"
std::string_view to_string(SchemaChanges changes);

// What is kept of a table's columns with each version: rows, NULLs, least and greatest values, as the log tells them; or
// that, and what sketches tell: distinct values, quantiles, the most frequent values, how values are spread.
enum class Statistics { kBasic, kFull };

// A table with fewer rows has full statistics if its step does not say otherwise.
inline constexpr uint64_t kFullStatisticsRows = 10'000'000;

// A picture of a table, for reports: a point for each row.
struct Chart {
  enum class Kind { kBar, kLine };
  Kind kind = Kind::kBar;
  Named x, y, by;  // columns; `by` may have no name, else each of its values has bars or a line of its own
};

// What a column of a table means, for people.
struct Comment {
  Named column;
  std::string text;
};

struct Step {
  std::string name;
  LocatedText sql;                // one SELECT, as written: `$name` stands for a parameter and is not filled here
  bool view = false;              // makes no table; then it has no checks, no export and no chart
  std::string description;        // what the table is, for people
  std::vector<Comment> comments;  // of some of its columns
  std::vector<Check> checks;
  std::optional<Export> export_to;
  std::optional<Chart> chart;
  TableFormat format = TableFormat::kDelta;
  std::optional<Statistics> statistics;  // without it, as kFullStatisticsRows decides
  Write write;
  std::vector<std::string> partition_by;  // columns of its table; each once
  std::vector<Place> partition_places;    // one for each of them
  std::optional<SchemaChanges> schema_changes;
  Place schema_place;  // of the key `schema`
  Place place;         // of the name

  // As written, or what holds else: a table that is replaced may change, one that grows may not.
  SchemaChanges allowed_changes() const {
    return schema_changes.value_or(write.mode == WriteMode::kReplace ? SchemaChanges::kAny : SchemaChanges::kRefuse);
  }
};

struct Pipeline {
  std::string name;
  std::string description;
  std::filesystem::path folder;      // absolute
  std::filesystem::path file;        // pipeline.yaml
  std::vector<Param> params;         // in file order, as are sources and steps
  std::optional<int64_t> retention;  // µs; of its tables, else segue.yaml's
  std::vector<Source> sources;
  std::vector<Step> steps;

  // Null if there is none of that name.
  const Param* param(std::string_view name) const;
  const Source* source(std::string_view name) const;
  const Step* step(std::string_view name) const;
};

}  // namespace segue::definition

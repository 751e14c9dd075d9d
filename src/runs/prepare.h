// From a pipeline's definition to the graph that a run executes: what `segue check` proves, `segue plan` shows and
// `segue run` runs.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "definition/definition.h"
#include "definition/load.h"
#include "lake/table.h"
#include "plan/graph.h"
#include "plan/increment.h"
#include "plan/lineage.h"
#include "quality/checks.h"
#include "runs/pruning.h"
#include "sql/binder.h"

namespace segue::runs {

struct PrepareOptions {
  definition::EngineName engine = definition::EngineName::kNative;  // kDuckdb: every step through DuckDB
  std::vector<std::string> select;  // only these steps, with all that they read; empty: all
  int64_t now = 0;                  // when the run begins, µs since 1970 UTC: what `freshness` counts from
  // Tells of tables of the lake, for checks that look into them and for sources that are tables; nothing if there is no
  // such table, or no such version. Without it such checks are left out: `segue check` needs no lake.
  std::function<std::optional<lake::TableState>(const lake::TableName&, std::optional<int64_t> version)> find_table =
      {};
  // The columns of tables that are sources where find_table() knows none: what a pipeline's definition says that it will
  // publish. Nothing if it is not known.
  std::function<std::optional<std::vector<Field>>(const lake::TableName&)> find_columns = {};
};

// A check, bound. Its result in the graph has the name `name` and the columns of quality::Queries::count.
struct PreparedCheck {
  const definition::Check* check = nullptr;  // in Prepared::pipeline
  std::string name;                          // "top_songs: unique(artist, track)"; a second equal one gets a number
  std::string keys_name;                     // of a relationship: the result in the graph that holds the other's keys
  std::vector<Field> keys_fields;
  std::string rows_name;  // the table that its queries read: the step, or all of its rows if some are held back
  quality::Check meaning;
  quality::Queries queries;
};

// Of a step that appends or merges: it is computed from new files of one source, over all that its other sources have.
struct Increment {
  std::string source;                  // whose new files are read
  std::vector<std::string> others;     // the other sources that it reads, directly or not, sorted
  std::vector<size_t> keys;            // of a merge: columns
  std::optional<size_t> latest_by;     // of a merge: a column; else `combine` has one for each column
  std::vector<plan::Combine> combine;  // of a merge without latest_by
  // Of all that its rows depend on besides the files: its SQL and that of what it reads, the parameters therein, how
  // the sources are read, how the table is written.
  std::string fingerprint;
};

// A step, bound.
struct PreparedStep {
  const definition::Step* step = nullptr;       // in Prepared::pipeline
  std::vector<Field> fields;                    // lake types
  std::vector<std::string> reads;               // sources and steps, by name
  std::vector<std::string> partition_by;        // as the columns are spelled in `fields`
  std::map<std::string, std::string> comments;  // likewise: what columns mean
  bool selected =
      true;  // named in PrepareOptions::select, or that is empty; else it runs because a selected step reads it
  bool native = true;
  std::string reason;                  // why not native
  std::optional<Increment> increment;  // of a step that appends or merges
  plan::Lineage lineage;               // of a table's columns: as they follow from sources and other tables
  // Of a step that appends: its rows in Prepared::increments have a last column that tells the file of each (file_key()
  // of source_files.h).
  bool tells_file = false;
  std::vector<PreparedCheck> checks;  // in the order of the definition
  // Of a step with checks of severity quarantine: the names of its rows before they are parted, a view, and of those
  // that are held back, a result whose last column is quality::kReasonColumn. Empty else.
  std::string all_rows_name;
  std::string held_name;

  // What the step's own SQL is called in the graph and in Prepared::queries.
  const std::string& query_name() const { return all_rows_name.empty() ? step->name : all_rows_name; }
};

// A source that is read.
struct PreparedSource {
  // In Prepared::pipeline. Of a table that is a source, the columns are filled in.
  const definition::Source* source = nullptr;
  // Columns that SQL of any step of the pipeline reads, whatever is selected and whichever engine runs it: a value that
  // does not fit in one of these makes a row bad, in any other column it does not.
  std::vector<size_t> used;
  std::vector<size_t> told = {};  // columns that folders tell (of a table: its log), and not the files; ascending
  // Who reads it, in all steps of the pipeline too: what is in files that none of them needs is never looked at.
  Readers readers = {};
  std::shared_ptr<const lake::TableState> table = {};  // of a source that is a table: the version that is read
};

// What a run will do. Immutable; lives by itself (the pipeline is copied).
struct Prepared {
  definition::Pipeline pipeline;
  std::vector<PreparedStep>
      steps;  // in an order in which each comes after what it reads; only selected ones and what they read
  std::vector<PreparedSource> sources;  // those that these steps and their checks read
  // The steps and, hidden, what their checks need. Steps that append or merge are sources here: their whole tables.
  plan::Graph graph;
  // What is made of new files: the new rows of the steps that append or merge, with what those need. Comes first.
  plan::Graph increments;
  std::map<std::string, sql::BoundQuery> queries;  // each of the graphs' steps as bound, but for the plan

  // Where a position of the expressions of one of the graphs stands in the definition: in a step's SQL, or the check;
  // unknown for no position.
  Place place(const plan::Graph& in, uint64_t position) const;
  // Likewise of a position of one of `queries`, by its name; of no position (sql::BoundQuery::kNoPosition) the step's or
  // the check's place.
  Place place(const std::string& name, uint64_t position) const;
};

// Throws Failure(kDefinition) with the mistakes of all steps, each located in its file: unknown tables and columns,
// cycles, types that no table can have, checks that do not fit; kUsage for an unknown name in `select`. Reads no data.
std::unique_ptr<const Prepared> prepare(const definition::Pipeline& pipeline, const PrepareOptions& options = {});

// As prepare(), of a pipeline in whose files there may be mistakes: what is sound is looked at all the same, and what is
// thrown has all that is wrong.
std::unique_ptr<const Prepared> prepare(const definition::PipelineDraft& draft, const PrepareOptions& options = {});

// A pipeline that is to run. Throws Failure as definition::load_pipeline() does; where there are mistakes, with those of
// its SQL, too.
definition::Pipeline runnable_pipeline(const definition::Project& project, const std::string& name,
                                       const definition::LoadOptions& options);

// For people: the steps with the engine chosen for each and why, then the graph.
std::string explain(const Prepared& prepared);

}  // namespace segue::runs

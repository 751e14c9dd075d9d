// The publish of one run: all tables staged first, then committed one after the other, and finished at the next start
// if interrupted.
//
// The way of a run's tables, and what a crash leaves at each point:
//
//   begin    lock <pipeline>/_segue/lock       another run of this pipeline is refused (kConflict)
//            finish or clear what dead runs left
//            _segue/staging/<run>.json         from here on, files of this run are known to be its own
//   stage    <step>/part-NNNNN-<run>-<id>.parquet
//                                              invisible: no log entry names them. Crash: removed by the next begin
//            <step>/_segue/batches/<batch>.json
//                                              of stage_batch(). Crash: it stays, and its number is not used again
//            <step>/_segue/statistics/<files>.json
//                                              of keep_statistics(), named by the files it is of (file_set.h), so that
//                                              it holds once the version is there. Crash: it stays until a vacuum
//   commit   sync all data files, write all log entries and exports under temporary names: from here on no more space
//            is needed
//            _segue/publish/<run>.json         the decision. Crash before: nothing is published. Crash after: the next
//                                              begin commits what is missing
//            <step>/_delta_log/<version>.json  one after the other
//            exports renamed into place; one that cannot be is told of and stops nothing
//            `record` is called: who keeps records of runs knows of the publish before the decision is forgotten
//            temporary names, _segue/staging/<run>.json and _segue/publish/<run>.json removed, in this order
//
// So every table is always at its old or its new version, and all tables of a run reach the new one, or none. A table
// that another program changed since `begin` is a conflict, found just before the decision; who commits in the instant
// between is replaced, as the row of tables belongs together.
//
// _segue/staging/<run>.json  {"run":"…","exports":["/absolute/path", …]}
// _segue/publish/<run>.json  {"run":"…","engine":"Segue/0.1.0",
//                             "tables":[{"step":"top_songs","base":6,"schema":"…","partition_by":[],
//                                        "parts":null or ["plays"],"files":null or ["part-…"],"batch":0,
//                                        "entry":"…"}, …],
//                             "exports":[{"temporary":"…","path":"…"}]}
//                            `entry` is the log entry of version base + 1; `parts` as in stage_parts(), `files` and
//                            `batch` as in TableChange.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/cancellation.h"
#include "base/error.h"
#include "columns/column.h"
#include "lake/lake.h"

namespace segue::lake {

struct PublishedTable {
  TableName name;
  int64_t version = 0;
  uint64_t rows = 0;
  uint64_t bytes = 0;  // of the files of this version
  size_t files = 0;
};

// Exports that are written beside the tables.
enum class ExportFormat { kTsv, kCsv, kJson };

// An export that could not be put into its place though the tables were published. What was there stays there.
struct MissingExport {
  std::string path;
  Error error;  // why
};

// What commit() did.
struct Published {
  std::vector<PublishedTable> tables;
  std::vector<MissingExport> missing_exports;
};

// What begin found of runs whose process is gone, or that failed after their decision.
struct Recovered {
  std::string run;
  bool committed = false;  // it had decided to publish; its tables are published now. Else what it wrote is removed
  std::vector<PublishedTable> tables;
  std::vector<TableName> skipped;  // could not be committed: data files were removed, or others commit without pause
  std::vector<MissingExport> missing_exports;
};

// Told of each run before the last trace of it in the lake is removed. If it throws, or the process dies, it will be
// told again: so it may be told twice, and then perhaps without the missing_exports of the first time.
using RecordRecovered = std::function<void(const Recovered& run)>;

// Used from one thread. Throws Failure: kConflict when someone else is at work, kIo when the disk fails; in both cases
// all tables are as they were, unless decided() says that the next begin completes them.
class Publication {
 public:
  struct Options {
    std::string run;               // unique; letters, digits, '-'
    std::string engine = "Segue";  // who we are, for commitInfo: "Segue/0.1.0"
    const Cancellation* cancellation = nullptr;
    size_t threads = 1;  // that encode and compress
    RecordRecovered record_recovered = {};
  };

  // Takes the lock and recovers. `lake` outlives this.
  Publication(Lake& lake, std::string pipeline, Options options);
  // Without commit(): removes what was staged.
  ~Publication();
  Publication(const Publication&) = delete;
  Publication& operator=(const Publication&) = delete;

  const std::vector<Recovered>& recovered() const;

  // Writes the rows as data files that will replace the table's content, in parts by the values of these columns.
  // `record` is kept as that of stage_batch() is; without one, the version has none.
  // REQUIRES: not staged yet; column_problems(rows.fields) is empty; partition_by are names of some columns, not all,
  // whose types why_no_partition() has nothing against.
  void stage(const std::string& step, const Relation& rows, const std::vector<std::string>& partition_by = {},
             const std::optional<std::string>& record = {});

  // Like stage(), for a table that is made batch by batch: the rows replace those of these files (DataFile::path) of the
  // newest version, or all if nothing is named. `record` is kept for whoever makes the next batch: it belongs to this
  // version as long as the table's rows do, so a version that is brought back brings its own. With `tells_file` the last
  // column of `rows` is no column of the table (kFileColumn). REQUIRES: as stage().
  void stage_batch(const std::string& step, const Relation& rows, const std::vector<std::string>& partition_by,
                   const std::optional<std::vector<std::string>>& replaced, const std::string& record,
                   bool tells_file = false);

  // Like stage(), for a table whose rows come in parts with an owner each (the quarantine table: a source): replaces
  // the parts named in `parts`, adds rows to those named in `added`, and keeps those of other owners. All have the same
  // fields. Does nothing if nothing would change.
  void stage_parts(const std::string& step, const std::vector<Field>& fields,
                   const std::map<std::string, Relation>& parts, const std::map<std::string, Relation>& added = {});

  // What this step's table is, and some of its columns are, for people. REQUIRES: the step is staged.
  void describe(const std::string& step, const std::string& description,
                const std::map<std::string, std::string>& comments);

  // No older version of this step's table stays: its files are removed once the new one is there, so that all that lies
  // in its folder is of one version. REQUIRES: the step is staged.
  void keep_only_newest(const std::string& step);

  // Keeps a text with the version that this step's table will have, for who asks what is known of its rows
  // (Lake::statistics). REQUIRES: the step is staged.
  void keep_statistics(const std::string& step, const std::string& statistics);

  // Writes the rows to a temporary file beside `path`, to be renamed by commit(). Refuses a `path` that cannot be
  // replaced (a folder, a device …).
  void stage_export(const std::string& path, ExportFormat format, const Relation& rows);

  // Commits all that was staged, in that order. Called once. A cancellation is obeyed up to the decision, not after it.
  // `record` is called when all is done and durable; if the process dies before it returns, or it throws, the next
  // begin tells Options::record_recovered of this run.
  Published commit(const std::function<void(const Published&)>& record = {});

  // After commit() threw: whether it had decided, so that the next begin completes it. Then published() is what was
  // done so far.
  bool decided() const;
  const Published& published() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// Finishes or clears what dead runs of any pipeline left, where no run is at work: for programs that only read. Never
// waits.
std::vector<Recovered> recover(Lake& lake, const RecordRecovered& record = {});

}  // namespace segue::lake

#include "runs/staging.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <optional>
#include <set>

#include <fmt/format.h>

#include "base/error.h"
#include "base/workers.h"
#include "runs/quarantine.h"
#include "runs/table_statistics.h"

namespace segue::runs {
namespace {

lake::ExportFormat export_format(definition::ExportFormat format) {
  switch (format) {
    case definition::ExportFormat::kTsv: return lake::ExportFormat::kTsv;
    case definition::ExportFormat::kCsv: return lake::ExportFormat::kCsv;
    case definition::ExportFormat::kJson: return lake::ExportFormat::kJson;
  }
  fail(ErrorCode::kInternal, "no such export format");
}

class Staging {
 public:
  Staging(const Prepared& prepared, const lake::Lake& lake, const ToDo& to_do, Execution& execution,
          const StagingOptions& options, lake::Publication& publication, const Cancellation& cancellation)
      : prepared_(prepared),
        lake_(lake),
        to_do_(to_do),
        execution_(execution),
        options_(options),
        publication_(publication),
        cancellation_(cancellation) {}

  std::vector<ExportResult> stage() {
    std::vector<ExportResult> exports;
    for (const PreparedStep& step : prepared_.steps) {
      if (step.step->view) continue;
      const Batch* batch = to_do_.batch_of(step);
      const Renewal* renewal = to_do_.renewal_of(step);
      if (batch != nullptr ? batch->up_to_date() : renewal->unchanged()) continue;
      Relation replacing;
      if (batch == nullptr) replacing = std::move(execution_.results.at(step.step->name));
      with_place(step, [&] {
        if (batch != nullptr) {
          const TableUpdate& update = execution_.updates.at(step.step->name);
          publication_.stage_batch(step.step->name, update.rows, step.partition_by, update.replaced,
                                   print_record(batch->record), update.tells_file);
        } else {
          publication_.stage(step.step->name, replacing, step.partition_by, record_of(*renewal, replacing));
        }
      });
      publication_.describe(step.step->name, step.step->description, step.comments);
      if (step.step->format == definition::TableFormat::kParquet) publication_.keep_only_newest(step.step->name);
      keep_statistics(step, batch, replacing);
      if (step.step->export_to) {
        const Relation& rows = batch == nullptr ? replacing : execution_.whole_table(*batch);
        std::string path = step.step->export_to->path.string();
        publication_.stage_export(path, export_format(step.step->export_to->format), rows);
        exports.push_back({step.step->name, path, rows.rows()});
      }
    }
    stage_quarantine();
    return exports;
  }

 private:
  // `replacing`: the table's rows, if there is no batch.
  void keep_statistics(const PreparedStep& step, const Batch* batch, const Relation& replacing) const {
    uint64_t rows = batch != nullptr ? execution_.rows_to_be(*batch) : replacing.rows();
    bool full = step.step->statistics ? *step.step->statistics == definition::Statistics::kFull
                                      : rows < definition::kFullStatisticsRows;
    if (!full) return;  // the log tells the rest
    quality::TableStatistics statistics;
    if (batch != nullptr) {
      statistics =
          statistics_to_be(lake_, *batch, execution_.updates.at(step.step->name), options_.threads, cancellation_);
    } else {
      Workers workers(options_.threads, cancellation_);
      statistics = quality::table_statistics(replacing, workers, false);
    }
    publication_.keep_statistics(step.step->name, quality::print(statistics));
  }

  static std::string record_of(const Renewal& renewal, const Relation& rows) {
    InputRecord record = renewal.record;
    record.rows = rows.rows();
    return print_record(record);
  }

  // Files of a source whose earlier rows go.
  std::set<std::string> changed_files(const std::string& source) const {
    std::set<std::string> paths;
    for (const Batch& batch : to_do_.batches)
      if (batch.step->increment->source == source) paths.insert(batch.changed.begin(), batch.changed.end());
    return paths;
  }

  // The bad rows of a source but for those of these files; nothing if there are none of them to leave out.
  std::optional<Relation> kept_bad_rows(const std::string& source, const std::set<std::string>& changed) const {
    if (changed.empty()) return std::nullopt;
    std::optional<lake::TableState> quarantine = lake_.find({prepared_.pipeline.name, kQuarantineTable});
    if (!quarantine) return std::nullopt;
    return bad_rows_of_other_files(*quarantine, source, changed, options_.threads, cancellation_);
  }

  // What is held back replaces what was held back of the same sources and steps, so that rows which are mended, or that
  // a definition does not hold back any more, leave the quarantine. Where only new files were read, it is added.
  void stage_quarantine() {
    std::map<std::string, Relation> replaced, added;
    bool quarantines = lake_.find({prepared_.pipeline.name, kQuarantineTable}).has_value();
    for (const PreparedSource& source : prepared_.sources) {
      quarantines = quarantines || source.source->bad_rows.quarantine;
      const std::string& name = source.source->name;
      bool whole = execution_.read_whole.contains(name);
      std::set<std::string> changed = whole ? std::set<std::string>() : changed_files(name);
      auto bad = execution_.bad_rows.find(name);
      if (bad != execution_.bad_rows.end())
        (whole ? replaced : added)[name] = bad_rows_relation(bad->second, options_.run);
      if (std::optional<Relation> kept = kept_bad_rows(name, changed)) {
        if (Relation& rows = replaced[name] = std::move(*kept); added.contains(name))
          std::ranges::move(added[name].batches, std::back_inserter(rows.batches));
        added.erase(name);
      }
    }
    for (const PreparedStep& step : prepared_.steps) {
      quarantines = quarantines || !step.held_name.empty();
      const Batch* batch = to_do_.batch_of(step);
      const Renewal* renewal = to_do_.renewal_of(step);
      if (renewal != nullptr && renewal->unchanged()) continue;
      bool adds = batch != nullptr && !batch->rebuild();
      (adds ? added : replaced)[step.step->name] =
          step.held_name.empty()
              ? bad_rows_relation({}, options_.run)
              : held_rows_relation(step.step->name, execution_.results.at(step.held_name), options_.run);
    }
    if (quarantines) publication_.stage_parts(kQuarantineTable, quarantine_fields(), replaced, added);
  }

  // What partitions cannot hold is pointed at where they are asked for.
  template <class Write>
  static void with_place(const PreparedStep& step, const Write& write) {
    try {
      write();
    } catch (const Failure& failure) {
      Error error = failure.error();
      bool of_partitions = error.code == ErrorCode::kData || error.code == ErrorCode::kLimit;
      if (!of_partitions || error.place.known() || step.partition_by.empty()) throw;
      error.message = fmt::format("step `{}`: {}", step.step->name, error.message);
      error.place = step.step->partition_places.front();
      throw Failure(std::move(error));
    }
  }

  const Prepared& prepared_;
  const lake::Lake& lake_;
  const ToDo& to_do_;
  Execution& execution_;
  const StagingOptions& options_;
  lake::Publication& publication_;
  const Cancellation& cancellation_;
};

}  // namespace

std::vector<ExportResult> stage_tables(const Prepared& prepared, const lake::Lake& lake, const ToDo& to_do,
                                       Execution& execution, const StagingOptions& options,
                                       lake::Publication& publication, const Cancellation& cancellation) {
  return Staging(prepared, lake, to_do, execution, options, publication, cancellation).stage();
}

}  // namespace segue::runs

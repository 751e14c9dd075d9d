#include "runs/to_do.h"

#include <algorithm>

#include "runs/schema_changes.h"
#include "runs/source_files.h"

namespace segue::runs {

const Batch* ToDo::batch_of(const PreparedStep& step) const {
  auto batch = std::ranges::find(batches, &step, &Batch::step);
  return batch == batches.end() ? nullptr : &*batch;
}

const Renewal* ToDo::renewal_of(const PreparedStep& step) const {
  auto renewal = std::ranges::find(renewals, &step, &Renewal::step);
  return renewal == renewals.end() ? nullptr : &*renewal;
}

std::set<std::string> ToDo::unchanged() const {
  std::set<std::string> names;
  for (const Renewal& renewal : renewals)
    if (renewal.unchanged()) names.insert(renewal.step->step->name);
  return names;
}

ToDo find_work(const Prepared& prepared, const lake::Lake& lake, const ToDoOptions& options,
               const Cancellation& cancellation) {
  refuse_schema_changes(prepared, lake);
  SourceFiles files(options.threads, cancellation, options.most);
  ToDo work;
  work.batches = plan_batches(prepared, lake, {options.run, options.anew, options.forget_missing}, files);
  work.renewals = plan_renewals(prepared, lake, work.batches,
                                {options.run, options.began, options.version, options.duckdb, options.anew}, files);
  return work;
}

}  // namespace segue::runs

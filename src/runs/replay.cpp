#include "runs/replay.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include <arrow/record_batch.h>
#include <fmt/format.h>

#include "base/error.h"
#include "columns/arrow.h"
#include "columns/value.h"
#include "duckdb/database.h"
#include "runs/quarantine.h"
#include "runs/rewrite.h"
#include "runs/sources.h"

namespace segue::runs {
namespace {

// What makes it the same row, whatever the reason and the run: where it stands moves when a row before it is mended.
auto key_of(const HeldRow& row) { return std::tie(row.owner, row.of_source, row.file, row.text); }
bool before(const HeldRow& a, const HeldRow& b) { return key_of(a) < key_of(b); }

std::string text_at(const Batch& batch, size_t column, size_t row) {
  const Column& values = batch.columns.at(column);
  return values.is_valid(row) ? std::string(values.text(row)) : std::string();
}

int64_t number_at(const Batch& batch, size_t column, size_t row) {
  Value value = value_at(batch.columns.at(column), row);
  return value.null() ? 0 : std::get<int64_t>(value.data);
}

// Whether it is a file that is read, or the member of an archive that is.
bool is_read(const std::string& file, const std::set<std::string>& read) {
  if (read.contains(file)) return true;
  for (size_t at = file.find('/'); at != std::string::npos; at = file.find('/', at + 1))
    if (read.contains(file.substr(0, at))) return true;
  return false;
}

// Why rows of a source cannot be sent again; empty if they can.
std::string refusal(const PreparedSource* source, const std::string& name, const std::set<std::string>& files,
                    const Cancellation& cancellation) {
  if (source == nullptr)
    return fmt::format("rows of `{}` are in quarantine, but no step reads a source of that name any more", name);
  std::set<std::string> read;
  try {
    for (std::string& file : files_of(*source->source, cancellation)) read.insert(std::move(file));
  } catch (const Failure&) {  // none there: then each of them is missing
    cancellation.check();
  }
  for (const std::string& file : files)
    if (!is_read(file, read))
      return fmt::format("rows of `{}` are in quarantine that came from {}, which is not read any more", name, file);
  return {};
}

}  // namespace

std::vector<HeldRow> held_rows(const lake::Lake& lake, const std::string& pipeline, const Cancellation& cancellation) {
  std::vector<HeldRow> held;
  std::optional<lake::TableState> table = lake.find({pipeline, kQuarantineTable});
  if (!table) return held;
  table->fields = quarantine_fields();  // those of today, also where an older Segue wrote the table
  duckdb::Database database({parquet_table(*table, "t", cancellation)}, {});
  auto rows = database.query("SELECT source, step, file, line, byte_offset, reason, text, run FROM t", cancellation);
  while (auto arrow = rows->next()) {
    Batch batch = from_arrow(arrow);
    for (size_t i = 0; i < batch.rows; ++i) {
      HeldRow& row = held.emplace_back();
      row.of_source = batch.columns[0].is_valid(i);
      row.owner = text_at(batch, row.of_source ? 0 : 1, i);
      row.file = text_at(batch, 2, i);
      row.line = number_at(batch, 3, i);
      row.offset = number_at(batch, 4, i);
      row.reason = text_at(batch, 5, i);
      row.text = text_at(batch, 6, i);
      row.run = text_at(batch, 7, i);
    }
  }
  return held;
}

std::vector<std::string> steps_to_replay(const Prepared& prepared, const std::vector<HeldRow>& rows,
                                         const Cancellation& cancellation) {
  std::map<std::string, std::set<std::string>> files_of_sources;
  std::set<std::string> concerned;
  std::vector<Error> errors;
  for (const HeldRow& row : rows) {
    if (row.of_source) files_of_sources[row.owner].insert(row.file);
    if (!concerned.insert(row.owner).second || row.of_source) continue;
    if (prepared.pipeline.step(row.owner) == nullptr)
      errors.emplace_back(
          ErrorCode::kData,
          fmt::format("rows of `{}` are in quarantine, but there is no step of that name any more", row.owner), Place{},
          "a step that is called otherwise now computes them by `segue run`");
  }
  for (const auto& [name, files] : files_of_sources) {
    auto source = std::find_if(prepared.sources.begin(), prepared.sources.end(),
                               [&name = name](const PreparedSource& each) { return each.source->name == name; });
    std::string why = refusal(source == prepared.sources.end() ? nullptr : &*source, name, files, cancellation);
    if (!why.empty())
      errors.emplace_back(
          ErrorCode::kData, why, Place{},
          "nothing was sent again; bring it back, or give the parameters (--param) of the run that held "
          "them back. `segue run` reads what is there now, and forgets them");
  }
  if (!errors.empty()) throw Failure(std::move(errors));
  std::vector<std::string> steps;
  for (const PreparedStep& step : prepared.steps) {  // each comes after what it reads
    bool reads = std::any_of(step.reads.begin(), step.reads.end(),
                             [&](const std::string& name) { return concerned.contains(name); });
    if (!reads && !concerned.contains(step.step->name)) continue;
    concerned.insert(step.step->name);
    steps.push_back(step.step->name);
  }
  return steps;
}

ReplayCounts compare_held(std::vector<HeldRow> earlier, std::vector<HeldRow> later) {
  std::sort(earlier.begin(), earlier.end(), before);
  std::sort(later.begin(), later.end(), before);
  std::vector<HeldRow> same;
  std::set_intersection(earlier.begin(), earlier.end(), later.begin(), later.end(), std::back_inserter(same), before);
  return {earlier.size(), earlier.size() - same.size(), same.size(), later.size() - same.size()};
}

}  // namespace segue::runs

#include "runs/batches.h"

#include <algorithm>
#include <optional>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/quantity.h"
#include "base/whole_number.h"
#include "lake/commit.h"
#include "runs/lineage.h"
#include "runs/quarantine.h"
#include "runs/schema_changes.h"

namespace segue::runs {
namespace {

using Json = nlohmann::ordered_json;
constexpr int kRecordFormat = 1;

std::string layout_of(const PreparedStep& step) {
  if (step.step->write.mode == definition::WriteMode::kAppend) return "append";
  std::string keys;
  for (size_t key : step.increment->keys) keys += (keys.empty() ? "" : ", ") + step.fields[key].name;
  if (!step.increment->latest_by) return fmt::format("merge [{}]", keys);
  return fmt::format("merge [{}] by {}", keys, step.fields[*step.increment->latest_by].name);
}

std::vector<std::string> sorted_hashes(const std::vector<SourceFile>& files) {
  std::vector<std::string> hashes;
  for (const SourceFile& file : files) hashes.push_back(file.hash);
  std::sort(hashes.begin(), hashes.end());
  return hashes;
}

std::set<std::string> hashes_of(const std::vector<SourceFile>& files) {
  std::set<std::string> hashes;
  for (const SourceFile& file : files) hashes.insert(file.hash);
  return hashes;
}

std::string counted(size_t count, std::string_view noun) {
  return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

class Planning {
 public:
  Planning(const Prepared& prepared, const lake::Lake& lake, const BatchOptions& options, SourceFiles& listing)
      : prepared_(prepared), lake_(lake), options_(options), listing_(listing) {}

  std::vector<Batch> plan() {
    for (const PreparedStep& step : prepared_.steps) {
      if (!step.increment) continue;
      Batch& batch = batches_.emplace_back();
      batch.step = &step;
      batch.table = lake_.find({prepared_.pipeline.name, step.step->name});
      std::optional<BatchRecord>& record = records_.emplace_back();
      // A record that cannot be read stands in nobody's way then.
      if (batch.table && !options_.forget_missing) record = read_record(*batch.table);
      if (record) listing_.know(record->files);
    }
    for (size_t i = 0; i < batches_.size(); ++i) decide(batches_[i], records_[i]);
    return std::move(batches_);
  }

 private:
  std::optional<BatchRecord> read_record(const lake::TableState& table) const {
    std::optional<std::string> text = lake_.batch_record(table);
    if (!text) return std::nullopt;
    return parse_record(*text, fmt::format("the record of batch {} of {}", table.batch, table.name.full()));
  }

  void decide(Batch& batch, const std::optional<BatchRecord>& before) {
    const Increment& increment = *batch.step->increment;
    const std::vector<SourceFile>& files = listing_.hashed(*prepared_.pipeline.source(increment.source));
    batch.listed = files.size();
    BatchRecord& record = batch.record;
    record = {options_.run,
              increment.fingerprint,
              increment.source,
              {},
              {},
              layout_of(*batch.step),
              print_lineage(prepared_, *batch.step)};
    for (const std::string& other : increment.others)
      record.others[other] = contents_of(*prepared_.pipeline.source(other));
    batch.rebuilt = why_rebuilt(batch, before);
    std::set<std::string> read;
    if (!batch.rebuild()) {
      read = hashes_of(before->files);
      replace_changed(batch, *before, files, read);
    }
    if (batch.rebuild()) {
      batch.evolved.clear();
      batch.widened = false;
      read.clear();
      if (before) refuse_loss(batch, *before, files);
    }
    for (const SourceFile& file : files)
      if (read.insert(file.hash).second) batch.files.push_back(file.path);
    record.files = files;
    if (batch.rebuild()) return;
    // Files that are gone, unless they have another name now.
    std::set<std::string> listed, there = hashes_of(files);
    for (const SourceFile& file : files) listed.insert(file.path);
    for (const SourceFile& file : before->files)
      if (!listed.contains(file.path) && !there.contains(file.hash)) record.files.push_back(file);
  }

  // Finds the files that have another content than they had, where that is nowhere else, and takes that out of the
  // contents that were `read`. Or all rows are made anew.
  void replace_changed(Batch& batch, const BatchRecord& before, const std::vector<SourceFile>& files,
                       std::set<std::string>& read) const {
    std::set<std::string> there = hashes_of(files), gone;
    std::map<std::string, std::string> by_path;
    for (const SourceFile& file : files) by_path[file.path] = file.hash;
    for (const SourceFile& old : before.files) {
      auto now = by_path.find(old.path);
      if (now == by_path.end() || now->second == old.hash || there.contains(old.hash)) continue;
      batch.changed.push_back(old.path);
      if (gone.insert(old.hash).second) batch.gone.push_back(file_key(old));
    }
    if (batch.changed.empty()) return;
    if (std::optional<std::string> reason = why_not_replaceable(batch, before, by_path, gone)) {
      batch.rebuilt = fmt::format("{} has changed{}", batch.changed.front(), *reason);
      batch.changed.clear();
      batch.gone.clear();
      return;
    }
    for (const std::string& hash : gone) read.erase(hash);
  }

  // What keeps the rows of these contents from being taken out by themselves; a clause, perhaps empty.
  std::optional<std::string> why_not_replaceable(const Batch& batch, const BatchRecord& before,
                                                 const std::map<std::string, std::string>& listed,
                                                 const std::set<std::string>& gone) const {
    const PreparedStep& step = *batch.step;
    if (step.step->write.mode != definition::WriteMode::kAppend) return "";
    if (!step.native) return ", and DuckDB computes the step, so that its rows do not say which file they are from";
    bool all_tell = step.tells_file && std::ranges::all_of(batch.table->files, &lake::DataFile::tells_file);
    if (!all_tell) return ", and the rows of the table do not all say which file they are from";
    // A copy that is gone keeps its rows; and what cannot be told from another must not be taken for it.
    std::set<int64_t> keys(batch.gone.begin(), batch.gone.end());
    for (const SourceFile& file : before.files)
      if (gone.contains(file.hash) ? !listed.contains(file.path) : keys.contains(file_key(file))) return "";
    if (!step.held_name.empty() && holds_back(step))
      return ", and the rows in quarantine that checks hold back do not say which file they are from";
    return std::nullopt;
  }

  bool holds_back(const PreparedStep& step) const {
    std::optional<lake::TableState> quarantine = lake_.find({prepared_.pipeline.name, kQuarantineTable});
    return quarantine && std::ranges::any_of(quarantine->files, [&](const lake::DataFile& file) {
             auto owner = file.tags.find(lake::kPartTag);
             return owner == file.tags.end() || owner->second == step.step->name;
           });
  }

  std::vector<std::string> contents_of(const definition::Source& source) const {
    if (source.table.empty()) return sorted_hashes(listing_.hashed(source));
    auto prepared = std::ranges::find(prepared_.sources, &source, &PreparedSource::source);
    SEGUE_ASSERT(prepared != prepared_.sources.end() && prepared->table != nullptr);
    return {fmt::format("version {}", prepared->table->version)};
  }

  std::string why_rebuilt(Batch& batch, const std::optional<BatchRecord>& before) const {
    if (options_.anew) return "asked for";
    if (!batch.table) return "there is no table yet";
    if (!before) return "the table was not made of batches";
    if (before->source != batch.record.source) return "the definition has changed";
    if (before->fingerprint != batch.record.fingerprint && !evolves(batch, *before))
      return "the definition has changed";
    for (const auto& [name, hashes] : batch.record.others) {
      auto old = before->others.find(name);
      if (old == before->others.end() || old->second != hashes) return fmt::format("`{}` has changed", name);
    }
    return {};
  }

  // Whether the table's rows stay while it gets the columns that the step has now: it is declared, and what the rows are
  // besides their columns has not changed. Combined rows would have sums that lack what came before.
  static bool evolves(Batch& batch, const BatchRecord& before) {
    const PreparedStep& step = *batch.step;
    if (step.step->allowed_changes() != definition::SchemaChanges::kAdd) return false;
    bool combines = step.step->write.mode == definition::WriteMode::kMerge && !step.increment->latest_by;
    if (combines || before.layout != batch.record.layout || batch.table->partition_by != step.partition_by)
      return false;
    SchemaChange change = compare_columns(batch.table->fields, step.fields);
    if (!change.any() || !change.only_adds()) return false;
    batch.evolved = change.text(batch.table->fields, step.fields);
    batch.widened = !change.widened.empty();
    return true;
  }

  // Rows made of files that are gone could not be made again.
  static void refuse_loss(const Batch& batch, const BatchRecord& before, const std::vector<SourceFile>& files) {
    std::set<std::string> there = hashes_of(files), paths;
    for (const SourceFile& file : files) paths.insert(file.path);
    std::vector<std::string> gone;
    for (const SourceFile& old : before.files)
      if (!there.contains(old.hash) && !paths.contains(old.path)) gone.push_back(old.path);
    if (gone.empty()) return;
    Error error;
    error.code = ErrorCode::kConflict;
    error.message = fmt::format("the rows of `{}` must be made anew ({}), and {} that they were made of {} gone: {}{}",
                                batch.step->step->name, batch.rebuilt, counted(gone.size(), "file"),
                                gone.size() == 1 ? "is" : "are", gone.front(), gone.size() == 1 ? "" : ", …");
    error.place = batch.step->step->write.place;
    error.hint =
        "bring them back; or `segue run --full` makes the table of the files that there are, and their rows "
        "are gone from its new version";
    throw Failure(std::move(error));
  }

  const Prepared& prepared_;
  const lake::Lake& lake_;
  const BatchOptions& options_;
  SourceFiles& listing_;
  std::vector<Batch> batches_;
  std::vector<std::optional<BatchRecord>> records_;  // of each batch
};

}  // namespace

std::string print_record(const BatchRecord& record) {
  Json json{{"format", kRecordFormat}, {"run", record.run},       {"fingerprint", record.fingerprint},
            {"source", record.source}, {"others", record.others}, {"files", to_json(record.files)},
            {"layout", record.layout}};
  if (!record.lineage.empty()) json["lineage"] = Json::parse(record.lineage);
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::optional<BatchRecord> parse_record(const std::string& text, const std::string& file) {
  try {
    Json json = Json::parse(text);
    if (json.contains("replaces")) return std::nullopt;  // inputs.h
    BatchRecord record;
    if (whole_number<int>(json.at("format")) != kRecordFormat)
      fail(ErrorCode::kIo, fmt::format("{} was written by a newer Segue", file), "run the newer Segue");
    record.run = json.at("run").get<std::string>();
    record.fingerprint = json.at("fingerprint").get<std::string>();
    record.source = json.at("source").get<std::string>();
    record.others = json.at("others").get<std::map<std::string, std::vector<std::string>>>();
    record.files = source_files(json.at("files"));
    record.layout = json.value("layout", "");
    return record;
  } catch (const Json::exception& error) {
    fail(ErrorCode::kIo, fmt::format("{} is damaged: {}", file, error.what()),
         "`segue run --full` builds the table anew");
  }
}

std::string Batch::summary(std::optional<uint64_t> gone_rows) const {
  if (rebuild()) return fmt::format("all {}: {}", counted(files.size(), "file"), rebuilt);
  std::vector<std::string> parts;
  // A file that has changed is no new one.
  std::set<std::string> fresh(files.begin(), files.end());
  for (const std::string& path : changed) fresh.erase(path);
  if (!fresh.empty())
    parts.push_back(
        fmt::format("{} of {} {} new", fresh.size(), counted(listed, "file"), fresh.size() == 1 ? "is" : "are"));
  if (!changed.empty()) {
    bool one = changed.size() == 1;
    std::string rows = "rows are";
    if (gone_rows)
      rows = *gone_rows == 1 ? "1 row is" : fmt::format("{} rows are", group_digits(std::to_string(*gone_rows)));
    parts.push_back(fmt::format("{} of {} {} changed: {} {} replaced", changed.size(), counted(listed, "file"),
                                one ? "has" : "have", one ? "its" : "their", rows));
  }
  if (parts.empty()) parts.emplace_back("no new files");
  if (!evolved.empty()) parts.push_back("columns: " + evolved);
  return fmt::format("{}", fmt::join(parts, "; "));
}

std::vector<Batch> plan_batches(const Prepared& prepared, const lake::Lake& lake, const BatchOptions& options,
                                SourceFiles& files) {
  return Planning(prepared, lake, options, files).plan();
}

}  // namespace segue::runs

#include "runs/batches.h"

#include <algorithm>
#include <cerrno>
#include <optional>
#include <set>

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <sys/stat.h>

#include "base/error.h"
#include "base/whole_number.h"
#include "base/workers.h"
#include "formats/partitions.h"
#include "runs/content_hash.h"
#include "runs/sources.h"
#include "storage/system_error.h"

namespace segue::runs {
namespace {

using Json = nlohmann::ordered_json;
constexpr int kRecordFormat = 1;

// The files of sources, with their hashes; each file is looked at once.
class Listing {
 public:
  Listing(size_t threads, const Cancellation& cancellation) : threads_(threads), cancellation_(cancellation) {}

  // Files that need not be read again while their size and time are the same.
  void know(const std::vector<SourceFile>& files) {
    for (const SourceFile& file : files) known_[file.path] = file;
  }

  const std::vector<SourceFile>& files(const definition::Source& source) {
    auto found = files_.find(source.name);
    if (found != files_.end()) return found->second;
    std::vector<SourceFile>& files = files_[source.name];
    for (std::string& path : files_of(source)) files.push_back({std::move(path), 0, 0, {}});
    Workers workers(std::min(threads_, std::max<size_t>(files.size(), 1)), cancellation_);
    workers.for_each(files.size(), [&](size_t, size_t i) { look_at(files[i], source); });
    return files;
  }

 private:
  // What folders tell of a file is content too.
  void look_at(SourceFile& file, const definition::Source& source) const {
    struct stat status {};
    if (stat(file.path.c_str(), &status) != 0) storage::fail_io("read", file.path, errno);
    file.bytes = static_cast<uint64_t>(status.st_size);
    file.modified = int64_t{status.st_mtim.tv_sec} * 1'000'000'000 + status.st_mtim.tv_nsec;
    auto known = known_.find(file.path);
    bool same = known != known_.end() && known->second.bytes == file.bytes && known->second.modified == file.modified;
    file.hash = same ? known->second.hash : content_hash_of_file(file.path, cancellation_);
    if (same || source.partitions == 0) return;
    std::vector<Field> told(source.columns.end() - static_cast<ptrdiff_t>(source.partitions), source.columns.end());
    std::string all = file.hash;
    for (const Value& value : formats::values_in_path(file.path, told)) all += '/' + to_string(value);
    file.hash = content_hash(all);
  }

  const size_t threads_;
  const Cancellation& cancellation_;
  std::map<std::string, SourceFile> known_;
  std::map<std::string, std::vector<SourceFile>> files_;  // by source
};

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
  Planning(const Prepared& prepared, const lake::Lake& lake, const BatchOptions& options, Listing& listing)
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
    const std::vector<SourceFile>& files = listing_.files(*prepared_.pipeline.source(increment.source));
    batch.listed = files.size();
    BatchRecord& record = batch.record;
    record = {options_.run, increment.fingerprint, increment.source, {}, {}};
    for (const std::string& other : increment.others)
      record.others[other] = contents_of(*prepared_.pipeline.source(other));
    batch.rebuilt = why_rebuilt(batch, before, files);
    if (batch.rebuild() && before) refuse_loss(batch, *before, files);
    std::set<std::string> read;
    if (!batch.rebuild()) read = hashes_of(before->files);
    for (const SourceFile& file : files)
      if (read.insert(file.hash).second) batch.files.push_back(file.path);
    record.files = files;
    if (batch.rebuild()) return;
    std::set<std::string> listed;
    for (const SourceFile& file : files) listed.insert(file.path);
    for (const SourceFile& file : before->files)
      if (!listed.contains(file.path)) record.files.push_back(file);
  }

  std::vector<std::string> contents_of(const definition::Source& source) const {
    if (source.table.empty()) return sorted_hashes(listing_.files(source));
    auto prepared = std::ranges::find(prepared_.sources, &source, &PreparedSource::source);
    SEGUE_ASSERT(prepared != prepared_.sources.end() && prepared->table != nullptr);
    return {fmt::format("version {}", prepared->table->version)};
  }

  std::string why_rebuilt(const Batch& batch, const std::optional<BatchRecord>& before,
                          const std::vector<SourceFile>& files) const {
    if (options_.anew) return "asked for";
    if (!batch.table) return "there is no table yet";
    if (!before) return "the table was not made of batches";
    if (before->fingerprint != batch.record.fingerprint || before->source != batch.record.source)
      return "the definition has changed";
    for (const auto& [name, hashes] : batch.record.others) {
      auto old = before->others.find(name);
      if (old == before->others.end() || old->second != hashes) return fmt::format("`{}` has changed", name);
    }
    std::set<std::string> there = hashes_of(files);
    std::map<std::string, std::string> by_path;
    for (const SourceFile& file : files) by_path[file.path] = file.hash;
    for (const SourceFile& old : before->files) {
      auto now = by_path.find(old.path);
      if (now != by_path.end() && now->second != old.hash && !there.contains(old.hash))
        return fmt::format("{} has changed", old.path);
    }
    return {};
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
  Listing& listing_;
  std::vector<Batch> batches_;
  std::vector<std::optional<BatchRecord>> records_;  // of each batch
};

}  // namespace

std::string print_record(const BatchRecord& record) {
  Json files = Json::array();
  for (const SourceFile& file : record.files)
    files.push_back({{"path", file.path}, {"bytes", file.bytes}, {"modified", file.modified}, {"hash", file.hash}});
  return Json{{"format", kRecordFormat}, {"run", record.run},       {"fingerprint", record.fingerprint},
              {"source", record.source}, {"others", record.others}, {"files", files}}
      .dump(-1, ' ', false, Json::error_handler_t::replace);
}

BatchRecord parse_record(const std::string& text, const std::string& file) {
  try {
    Json json = Json::parse(text);
    BatchRecord record;
    if (whole_number<int>(json.at("format")) != kRecordFormat)
      fail(ErrorCode::kIo, fmt::format("{} was written by a newer Segue", file), "run the newer Segue");
    record.run = json.at("run").get<std::string>();
    record.fingerprint = json.at("fingerprint").get<std::string>();
    record.source = json.at("source").get<std::string>();
    record.others = json.at("others").get<std::map<std::string, std::vector<std::string>>>();
    for (const Json& each : json.at("files"))
      record.files.push_back({each.at("path").get<std::string>(), whole_number<uint64_t>(each.at("bytes")),
                              whole_number<int64_t>(each.at("modified")), each.at("hash").get<std::string>()});
    return record;
  } catch (const Json::exception& error) {
    fail(ErrorCode::kIo, fmt::format("{} is damaged: {}", file, error.what()),
         "`segue run --full` builds the table anew");
  }
}

std::string Batch::summary() const {
  if (rebuild()) return fmt::format("all {}: {}", counted(files.size(), "file"), rebuilt);
  if (files.empty()) return "no new files";
  return fmt::format("{} of {} {} new", files.size(), counted(listed, "file"), files.size() == 1 ? "is" : "are");
}

std::vector<Batch> plan_batches(const Prepared& prepared, const lake::Lake& lake, const BatchOptions& options,
                                const Cancellation& cancellation) {
  Listing listing(options.threads, cancellation);
  return Planning(prepared, lake, options, listing).plan();
}

}  // namespace segue::runs

#include "runs/inputs.h"

#include <algorithm>
#include <filesystem>
#include <set>

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <sys/stat.h>

#include "base/error.h"
#include "base/whole_number.h"
#include "runs/content_hash.h"
#include "runs/lineage.h"

namespace segue::runs {
namespace {

using Json = nlohmann::ordered_json;
constexpr int kRecordFormat = 1;

bool quarantines(const definition::Check& check) { return check.severity == definition::Severity::kQuarantine; }

bool same(const SourceFile& a, const SourceFile& b) {
  return (!a.hash.empty() && a.hash == b.hash) || same_state(a, b);
}

// The first file of one list that is not at its place in the other.
const SourceFile* first_other(const std::vector<SourceFile>& files, const std::vector<SourceFile>& others) {
  for (size_t i = 0; i < files.size(); ++i)
    if (i >= others.size() || !same(files[i], others[i])) return &files[i];
  return nullptr;
}

// The first name whose value is not the same in both.
std::string first_change(const std::map<std::string, std::string>& before,
                         const std::map<std::string, std::string>& now) {
  for (const auto& [name, value] : now)
    if (auto old = before.find(name); old == before.end() || old->second != value) return name;
  for (const auto& [name, value] : before)
    if (!now.contains(name)) return name;
  return {};
}

// Whether the file was written since then (µs since 1970 UTC).
bool written_since(const std::filesystem::path& path, int64_t micros) {
  struct stat status {};
  if (stat(path.c_str(), &status) != 0) return false;
  return int64_t{status.st_mtim.tv_sec} * 1'000'000 + status.st_mtim.tv_nsec / 1000 >= micros;
}

class Planning {
 public:
  Planning(const Prepared& prepared, const lake::Lake& lake, const std::vector<Batch>& batches,
           const RenewalOptions& options, SourceFiles& files)
      : prepared_(prepared), lake_(lake), batches_(batches), options_(options), files_(files) {}

  std::vector<Renewal> plan() {
    std::vector<Renewal> renewals;
    std::vector<std::optional<InputRecord>> before;
    for (const PreparedStep& step : prepared_.steps) {
      if (step.increment || step.step->view) continue;
      Renewal& renewal = renewals.emplace_back();
      renewal.step = &step;
      renewal.table = lake_.find({prepared_.pipeline.name, step.step->name});
      before.push_back(renewal.table && !options_.anew ? read_record(*renewal.table) : std::nullopt);
      if (before.back())
        for (const auto& [source, files] : before.back()->files) files_.know(files);
    }
    for (size_t i = 0; i < renewals.size(); ++i) decide(renewals[i], before[i]);
    return renewals;
  }

 private:
  std::optional<InputRecord> read_record(const lake::TableState& table) const {
    try {
      std::optional<std::string> text = lake_.batch_record(table);
      return text ? parse_input_record(*text) : std::nullopt;
    } catch (const Failure& failure) {
      if (failure.error().code != ErrorCode::kIo) throw;
      return std::nullopt;  // it is gone; to compute the step needs no record
    }
  }

  void decide(Renewal& renewal, const std::optional<InputRecord>& before) {
    std::string always = why_always(*renewal.step);
    renewal.record = record_of(*renewal.step);
    if (options_.anew)
      renewal.why = "asked for";
    else if (!renewal.table)
      renewal.why = "there is no table yet";
    else if (!always.empty())
      renewal.why = always;
    else if (!before)
      renewal.why = "what its table was made of is not known";
    else
      renewal.why = what_changed(*renewal.step, *renewal.table, *before, renewal.record);
  }

  const PreparedStep* step(const std::string& name) const {
    auto found = std::ranges::find(
        prepared_.steps, name, [](const PreparedStep& each) -> auto& { return each.step->name; });
    return found == prepared_.steps.end() ? nullptr : &*found;
  }

  // The step and those that it reads, directly or not, up to those whose tables grow: these are read as they are.
  std::vector<const PreparedStep*> computed_with(const PreparedStep& of) const {
    std::vector<const PreparedStep*> all{&of};
    for (size_t i = 0; i < all.size(); ++i) {
      for (const std::string& name : reads_of(*all[i], &of)) {
        const PreparedStep* read = step(name);
        if (read != nullptr && !read->increment && std::ranges::find(all, read) == all.end()) all.push_back(read);
      }
    }
    return all;
  }

  // Of another step than `of`, only the checks that decide about its rows matter.
  static bool matters(const definition::Check& check, const PreparedStep& step, const PreparedStep* of) {
    return &step == of || quarantines(check);
  }

  static std::vector<std::string> reads_of(const PreparedStep& step, const PreparedStep* of) {
    std::vector<std::string> reads = step.reads;
    for (const PreparedCheck& check : step.checks)
      if (!check.check->to.name.empty() && matters(*check.check, step, of)) reads.push_back(check.check->to.name);
    return reads;
  }

  std::string why_always(const PreparedStep& of) const {
    for (const PreparedStep* each : computed_with(of)) {
      std::vector<std::string> queries{each->query_name(), each->step->name, each->held_name};
      for (const PreparedCheck& check : each->checks) {
        if (!matters(*check.check, *each, &of)) continue;
        if (check.check->kind == CheckKind::kFreshness) return "its check `freshness` asks for the time";
        queries.insert(queries.end(), {check.name, check.keys_name});
      }
      for (const std::string& name : queries) {
        auto query = prepared_.queries.find(name);
        if (query != prepared_.queries.end() && !query->second.unrepeatable.empty())
          return fmt::format("{} of `{}` is another at each run", query->second.unrepeatable, each->step->name);
      }
    }
    return {};
  }

  InputRecord record_of(const PreparedStep& of) {
    InputRecord record;
    record.run = options_.run;
    record.began = options_.began;
    record.lineage = print_lineage(prepared_, of);
    record.parts["the version of Segue"] = options_.version;
    record.parts["the engine that was asked for"] = options_.duckdb ? "duckdb" : "native";
    record.parts["what its table has to be"] = table_asked_for(of);
    for (const PreparedStep* each : computed_with(of)) {
      std::string text(each->step->sql.text());
      for (const definition::Check& check : each->step->checks)
        if (quarantines(check)) text += "\n" + to_string(check);
      record.parts[fmt::format("the definition of `{}`", each->step->name)] = content_hash(text);
      for (const definition::Check& check : each->step->checks)
        if (matters(check, *each, &of)) text += "\n" + to_string(check);
      for (const definition::Param& param : prepared_.pipeline.params)
        if (text.find('$' + param.name) != std::string::npos)
          record.parts[fmt::format("the parameter `{}`", param.name)] = content_hash(to_string(param.value));
      for (const std::string& name : reads_of(*each, &of)) add_read(name, record);
    }
    return record;
  }

  // What is asked of the table besides its rows.
  static std::string table_asked_for(const PreparedStep& step) {
    Json asked{{"columns", Json::array()}, {"partition_by", step.partition_by}, {"checks", Json::array()}};
    for (const Field& field : step.fields) asked["columns"].push_back({field.name, to_string(field.type)});
    for (const definition::Check& check : step.step->checks)
      asked["checks"].push_back({to_string(check), std::string(definition::to_string(check.severity))});
    asked["description"] = step.step->description;
    asked["comments"] = step.comments;
    asked["format"] = static_cast<int>(step.step->format);
    if (step.step->statistics) asked["statistics"] = static_cast<int>(*step.step->statistics);
    if (const auto& to = step.step->export_to) asked["export"] = {static_cast<int>(to->format), to->path.string()};
    return content_hash(asked.dump(-1, ' ', false, Json::error_handler_t::replace));
  }

  // A source, a table of this pipeline that grows, or one of the lake that a check looks into.
  void add_read(const std::string& name, InputRecord& record) {
    auto source = std::ranges::find(
        prepared_.sources, name, [](const PreparedSource& each) -> auto& { return each.source->name; });
    if (source != prepared_.sources.end()) {
      if (source->table)
        record.tables[source->source->table] = state_of(*source->table);
      else
        record.files[name] = files_.listed(*source->source);
      record.parts[fmt::format("how `{}` is read", name)] = how_to_read(*source);
    } else if (const PreparedStep* read = step(name)) {
      if (read->increment) record.tables[name] = version_to_be(*read);
    } else if (std::optional<lake::TableName> table = lake::parse_table_name(name)) {
      if (std::optional<lake::TableState> found = lake_.find(*table)) record.tables[name] = state_of(*found);
    }
  }

  // Which rows of a source are bad depends on the columns that are used.
  static std::string how_to_read(const PreparedSource& source) {
    const definition::BadRowsRule& bad = source.source->bad_rows;
    Json used(source.used);
    return content_hash(fmt::format("{}\n{} {} {}", definition::how_to_read(*source.source), used.dump(),
                                    bad.quarantine, bad.at_most_share.value_or(1)));
  }

  static std::string state_of(const lake::TableState& table) {
    return fmt::format("version {} of {}", table.version, table.committed_at);
  }

  // Of a table that grows, when this run is over.
  std::string version_to_be(const PreparedStep& step) const {
    auto batch = std::ranges::find(batches_, &step, &Batch::step);
    SEGUE_ASSERT(batch != batches_.end());
    int64_t version = batch->table ? batch->table->version : -1;
    return fmt::format("version {}", batch->up_to_date() ? version : version + 1);
  }

  static std::string what_changed(const PreparedStep& step, const lake::TableState& table, const InputRecord& before,
                                  const InputRecord& now) {
    if (std::string part = first_change(before.parts, now.parts); !part.empty())
      return fmt::format("{} has changed", part);
    if (std::string name = first_change(before.tables, now.tables); !name.empty())
      return fmt::format("`{}` has changed", name);
    for (const auto& [source, files] : now.files) {
      auto old = before.files.find(source);
      if (old == before.files.end()) return fmt::format("`{}` was not read before", source);
      if (const SourceFile* file = first_other(files, old->second))
        return fmt::format("`{}` has changed: {}", source, file->path);
      if (files.size() < old->second.size())
        return fmt::format("`{}` has changed: {} is gone", source, old->second[files.size()].path);
    }
    bool own = table.rows == before.rows && std::ranges::all_of(table.files, [&](const lake::DataFile& file) {
                 return file.path.find('-' + before.run + '-') != std::string::npos;
               });
    if (!own) return "its table was changed since";
    if (step.step->export_to && !written_since(step.step->export_to->path, before.began))
      return fmt::format("its export {} is not there", step.step->export_to->path.string());
    return {};
  }

  const Prepared& prepared_;
  const lake::Lake& lake_;
  const std::vector<Batch>& batches_;
  const RenewalOptions& options_;
  SourceFiles& files_;
};

}  // namespace

std::string print_record(const InputRecord& record) {
  Json files = Json::object();
  for (const auto& [source, each] : record.files) files[source] = to_json(each);
  Json json{{"format", kRecordFormat}, {"replaces", true},      {"run", record.run},       {"began", record.began},
            {"rows", record.rows},     {"parts", record.parts}, {"tables", record.tables}, {"files", files}};
  if (!record.lineage.empty()) json["lineage"] = Json::parse(record.lineage);
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::optional<InputRecord> parse_input_record(const std::string& text) {
  try {
    Json json = Json::parse(text);
    if (!json.contains("replaces") || whole_number<int>(json.at("format")) != kRecordFormat) return std::nullopt;
    InputRecord record;
    record.run = json.at("run").get<std::string>();
    record.began = whole_number<int64_t>(json.at("began"));
    record.rows = whole_number<uint64_t>(json.at("rows"));
    record.parts = json.at("parts").get<std::map<std::string, std::string>>();
    record.tables = json.at("tables").get<std::map<std::string, std::string>>();
    for (const auto& [source, each] : json.at("files").items()) record.files[source] = source_files(each);
    return record;
  } catch (const Json::exception&) {
    return std::nullopt;
  }
}

std::vector<Renewal> plan_renewals(const Prepared& prepared, const lake::Lake& lake, const std::vector<Batch>& batches,
                                   const RenewalOptions& options, SourceFiles& files) {
  return Planning(prepared, lake, batches, options, files).plan();
}

}  // namespace segue::runs

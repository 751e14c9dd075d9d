#include "runs/increment.h"

#include <algorithm>
#include <optional>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "base/suggestion.h"
#include "plan/increment.h"
#include "runs/content_hash.h"
#include "runs/mistakes.h"

namespace segue::runs {
namespace {

class Finder {
 public:
  Finder(const IncrementRequest& request, std::vector<PreparedStep>& steps, std::vector<Error>& errors)
      : request_(request), steps_(steps), errors_(errors) {}

  void find() {
    for (PreparedStep& step : steps_)
      if (step.step->write.mode != definition::WriteMode::kReplace) step.increment = increment_of(step);
    for (const PreparedStep& step : steps_)
      if (step.increment) refuse_mixed(step);
  }

 private:
  std::optional<Increment> increment_of(const PreparedStep& step) {
    const definition::Write& write = step.step->write;
    Increment increment;
    bool known = true;
    for (const definition::Named& key : write.keys) {
      const Field* field = column_of(*step.step, key, step.fields, errors_);
      known = known && field != nullptr;
      if (field != nullptr) increment.keys.push_back(static_cast<size_t>(field - step.fields.data()));
    }
    if (!write.latest_by.name.empty()) {
      const Field* field = column_of(*step.step, write.latest_by, step.fields, errors_);
      known = known && field != nullptr;
      if (field != nullptr) increment.latest_by = static_cast<size_t>(field - step.fields.data());
    }
    if (!known) return std::nullopt;
    bool combines = write.mode == definition::WriteMode::kMerge && !increment.latest_by;

    const plan::StepNode* node = request_.graph.find(step.step->name);
    std::vector<std::string> sources = sources_of(step.step->name), fitting, reasons;
    for (const std::string& source : sources) {
      std::optional<std::string> reason;
      if (!request_.pipeline.source(source)->table.empty()) {
        reason = fmt::format("`{}` is a table, and only of files can be told which are new", source);
      } else if (!node->native) {
        reason = fmt::format("what it does with rows is not known ({})", node->reason);
      } else if (combines) {
        plan::Combination combination = plan::combination_of(*node->root, source, increment.keys);
        if (combination.columns.empty())
          reason = combination.reason;
        else
          increment.combine = combination.columns;
      } else {
        reason = plan::why_not_row_by_row(*node->root, source);
      }
      if (!reason) fitting.push_back(source);
      if (reason && (write.from.name.empty() || write.from.name == source)) reasons.push_back(*reason);
    }
    std::string mode = write.mode == definition::WriteMode::kAppend ? "append" : "merge";
    auto refuse = [&](std::string message, const Place& place, std::string hint) -> std::optional<Increment> {
      errors_.push_back(definition_error(std::move(message), place, std::move(hint)));
      return std::nullopt;
    };
    if (!write.from.name.empty() && std::ranges::find(sources, write.from.name) == sources.end())
      return refuse(fmt::format("step `{}` reads no source `{}`", step.step->name, write.from.name), write.from.place,
                    suggest(write.from.name, sources, "sources that it reads"));
    if (!write.from.name.empty()) std::erase_if(fitting, [&](const auto& source) { return source != write.from.name; });
    if (fitting.empty())
      return refuse(fmt::format("step `{}` cannot {} rows of new files: {}", step.step->name, mode,
                                reasons.empty() ? "it reads no source" : reasons.front()),
                    write.place,
                    combines ? "name a column for `latest_by`, or write `write: replace`"
                             : "what looks at all rows belongs in a step of its own, with `write: replace`");
    if (fitting.size() > 1)
      return refuse(
          fmt::format("step `{}` could grow with new files of {}", step.step->name, fmt::join(fitting, " or ")),
          write.place, fmt::format("name one: `write: {{{}, from: {}}}`", mode, fitting.front()));
    increment.source = fitting.front();
    for (const std::string& source : sources)
      if (source != increment.source) increment.others.push_back(source);
    increment.fingerprint = fingerprint(step, increment);
    return increment;
  }

  // Sources that a step reads, directly or not, sorted.
  std::vector<std::string> sources_of(const std::string& step) const {
    std::set<std::string> sources;
    for (const std::string& each : with_what_they_read(request_.pipeline, request_.dependencies, {step}))
      for (const std::string& read : request_.dependencies.reads.at(each))
        if (request_.pipeline.source(read) != nullptr) sources.insert(read);
    return {sources.begin(), sources.end()};
  }

  // New rows of a step are made of new rows of the steps it reads, so these must grow in the same way.
  void refuse_mixed(const PreparedStep& step) {
    for (const std::string& name : with_what_they_read(request_.pipeline, request_.dependencies, {step.step->name})) {
      auto read = std::ranges::find(steps_, name, [](const PreparedStep& each) { return each.step->name; });
      if (read == steps_.end() || !read->increment || name == step.step->name) continue;
      std::string message;
      if (read->step->write.mode == definition::WriteMode::kMerge)
        message = fmt::format("step `{}` reads `{}`, whose rows are merged: a new row there may stand for an old one",
                              step.step->name, name);
      else if (read->increment->source != step.increment->source)
        message = fmt::format("step `{}` grows with `{}`, and `{}`, which it reads, with `{}`", step.step->name,
                              step.increment->source, name, read->increment->source);
      if (!message.empty())
        errors_.push_back(definition_error(message, step.step->write.place, "write `write: replace` for one of them"));
    }
  }

  std::string fingerprint(const PreparedStep& step, const Increment& increment) const {
    const definition::Write& write = step.step->write;
    nlohmann::ordered_json parts{{"columns", nlohmann::json::array()},
                                 {"partition_by", step.partition_by},
                                 {"format", static_cast<int>(step.step->format)},
                                 {"append", write.mode == definition::WriteMode::kAppend},
                                 {"keys", increment.keys},
                                 {"latest_by", increment.latest_by ? nlohmann::json(*increment.latest_by) : nullptr}};
    for (const Field& field : step.fields) parts["columns"].push_back({field.name, to_string(field.type)});
    for (const std::string& name : with_what_they_read(request_.pipeline, request_.dependencies, {step.step->name})) {
      const definition::Step& read = *request_.pipeline.step(name);
      nlohmann::ordered_json& made = parts["steps"][name];
      made["sql"] = read.sql.text();
      for (const definition::Check& check : read.checks)
        if (check.severity == definition::Severity::kQuarantine) made["held_back"].push_back(to_string(check));
      for (const auto& [param, value] : request_.params)
        if (read.sql.text().find('$' + param) != std::string_view::npos) parts["params"][param] = to_string(value);
      for (const std::string& source : request_.dependencies.reads.at(name))
        if (const definition::Source* found = request_.pipeline.source(source))
          parts["sources"][source] = definition::how_to_read(*found);
    }
    return content_hash(parts.dump());
  }

  const IncrementRequest& request_;
  std::vector<PreparedStep>& steps_;
  std::vector<Error>& errors_;
};

}  // namespace

void find_increments(const IncrementRequest& request, std::vector<PreparedStep>& steps, std::vector<Error>& errors) {
  Finder(request, steps, errors).find();
}

}  // namespace segue::runs

#include "runs/dependencies.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/ascii.h"
#include "base/suggestion.h"

namespace segue::runs {
namespace {

class Finder {
 public:
  Finder(const definition::Pipeline& pipeline, sql::Binder& binder, std::vector<Error>& errors,
         const std::set<std::string>& unsound)
      : pipeline_(pipeline), binder_(binder), errors_(errors) {
    found_.broken = unsound;
    for (const definition::Source& source : pipeline.sources) add_name(source.name);
    for (const definition::Step& step : pipeline.steps) add_name(step.name);
  }

  Dependencies find() {
    for (const definition::Step& step : pipeline_.steps) read(step);
    for (const definition::Step& step : pipeline_.steps) visit(step);
    return std::move(found_);
  }

 private:
  enum class Mark { kNone, kOpen, kDone };

  void add_name(const std::string& name) {
    names_.push_back(name);
    spelled_[ascii::lower(name)] = name;
  }

  void read(const definition::Step& step) {
    std::vector<std::string>& reads = found_.reads[step.name];
    if (found_.broken.contains(step.name)) return;
    try {
      for (const sql::Reference& reference : binder_.references(step.sql.text())) {
        auto known = spelled_.find(ascii::lower(reference.table));
        if (known == spelled_.end()) {
          refuse(step, reference);
        } else if (std::find(reads.begin(), reads.end(), known->second) == reads.end()) {
          reads.push_back(known->second);
          places_[{step.name, known->second}] = step.sql.place(reference.offset, reference.length);
        }
      }
    } catch (const sql::SqlError& error) {
      add_mistakes(error, step.sql, errors_);
      found_.broken.insert(step.name);
    }
    // Which rows are held back must be known before the step's rows are.
    for (const definition::Check& check : step.checks) {
      if (check.severity != definition::Severity::kQuarantine || !spelled_.contains(check.to.name)) continue;
      if (std::find(reads.begin(), reads.end(), check.to.name) != reads.end()) continue;
      reads.push_back(check.to.name);
      places_[{step.name, check.to.name}] = check.to.place;
    }
  }

  void refuse(const definition::Step& step, const sql::Reference& reference) {
    Error error;
    error.code = ErrorCode::kDefinition;
    error.message = fmt::format("there is no source or step `{}`", reference.table);
    error.place = step.sql.place(reference.offset, reference.length);
    error.hint = suggest(reference.table, names_, "sources and steps");
    errors_.push_back(std::move(error));
    found_.broken.insert(step.name);
  }

  // Depth first: what a step reads comes before it. An open step met again closes a cycle.
  void visit(const definition::Step& step) {
    Mark& mark = marks_[step.name];
    if (mark != Mark::kNone) return;
    mark = Mark::kOpen;
    path_.push_back(step.name);
    for (const std::string& name : found_.reads[step.name]) {
      const definition::Step* read = pipeline_.step(name);
      if (read == nullptr) continue;
      if (marks_[name] == Mark::kOpen)
        report_cycle(step.name, name);
      else
        visit(*read);
      if (found_.broken.contains(name)) found_.broken.insert(step.name);
    }
    path_.pop_back();
    marks_[step.name] = Mark::kDone;
    if (!found_.broken.contains(step.name)) found_.order.push_back(&step);
  }

  void report_cycle(const std::string& from, const std::string& to) {
    auto begin = std::find(path_.begin(), path_.end(), to);
    std::string cycle;
    for (auto it = begin; it != path_.end(); ++it) {
      cycle += fmt::format("`{}` reads ", *it);
      found_.broken.insert(*it);
    }
    Error error;
    error.code = ErrorCode::kDefinition;
    error.message = from == to ? fmt::format("step `{}` reads itself", from)
                               : fmt::format("steps read each other in a circle: {}`{}`", cycle, to);
    error.place = places_[{from, to}];
    error.hint = "a step reads sources and steps that do not need it";
    errors_.push_back(std::move(error));
  }

  const definition::Pipeline& pipeline_;
  sql::Binder& binder_;
  std::vector<Error>& errors_;
  Dependencies found_;
  std::vector<std::string> names_;
  std::map<std::string, std::string> spelled_;  // lower case -> as defined
  std::map<std::pair<std::string, std::string>, Place> places_;
  std::map<std::string, Mark> marks_;
  std::vector<std::string> path_;
};

}  // namespace

Dependencies find_dependencies(const definition::Pipeline& pipeline, sql::Binder& binder, std::vector<Error>& errors,
                               const std::set<std::string>& unsound) {
  return Finder(pipeline, binder, errors, unsound).find();
}

std::set<std::string> with_what_they_read(const definition::Pipeline& pipeline, const Dependencies& dependencies,
                                          const std::vector<std::string>& names) {
  std::vector<std::string> known;
  for (const definition::Step& step : pipeline.steps) known.push_back(step.name);
  std::set<std::string> closure;
  std::vector<std::string> ahead;
  for (const std::string& name : names) {
    if (pipeline.step(name) == nullptr)
      fail(ErrorCode::kUsage, fmt::format("pipeline {} has no step `{}`", pipeline.name, name),
           suggest(name, known, "steps"));
    ahead.push_back(name);
  }
  while (!ahead.empty()) {
    std::string name = std::move(ahead.back());
    ahead.pop_back();
    if (pipeline.step(name) == nullptr || !closure.insert(name).second) continue;
    const std::vector<std::string>& reads = dependencies.reads.at(name);
    ahead.insert(ahead.end(), reads.begin(), reads.end());
  }
  return closure;
}

void add_mistakes(const sql::SqlError& error, const definition::LocatedText& text, std::vector<Error>& errors) {
  std::vector<Error> located =
      sql::located(error, [&](uint64_t offset, uint64_t length) { return text.place(offset, length); });
  errors.insert(errors.end(), located.begin(), located.end());
}

}  // namespace segue::runs

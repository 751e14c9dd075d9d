#include "cli/run_report.h"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "base/diagnostic.h"
#include "cli/terminal/quantity.h"
#include "cli/terminal/table.h"

namespace segue::cli {
namespace {

using nlohmann::ordered_json;

template <class Items, class Convert>
ordered_json array_of(const Items& items, const Convert& convert) {
  auto array = ordered_json::array();
  for (const auto& item : items) array.push_back(convert(item));
  return array;
}

ordered_json step_json(const runs::StepResult& step) {
  ordered_json json{{"name", step.name}, {"engine", step.engine}};
  if (!step.reason.empty()) json["reason"] = step.reason;
  if (step.view) {
    json["view"] = true;
  } else {
    json["rows"] = step.rows;
    json["held_rows"] = step.held_rows;
    if (!step.files.empty()) json["files"] = step.files;
    json["computed"] = step.computed;
    if (!step.why.empty()) json["why"] = step.why;
  }
  if (step.seconds) json["seconds"] = *step.seconds;
  return json;
}

ordered_json check_json(const runs::CheckResult& check) {
  ordered_json json{{"step", check.step},     {"kind", check.kind},
                    {"check", check.check},   {"severity", definition::to_string(check.severity)},
                    {"passed", check.passed}, {"rows", check.rows}};
  if (!check.observed.empty()) json["observed"] = check.observed;
  if (check.passed) return json;
  json["failing"] = check.failing;
  json["message"] = check.message;
  if (check.place.known()) {
    json["file"] = check.place.file;
    json["line"] = check.place.line;
  }
  if (!check.samples.empty()) json["samples"] = {{"columns", check.sample_columns}, {"rows", check.samples}};
  return json;
}

Tone tone_of(runs::RunState state) {
  switch (state) {
    case runs::RunState::kSucceeded: return Tone::kGreen;
    case runs::RunState::kRunning: return Tone::kCyan;
    case runs::RunState::kInterrupted:
    case runs::RunState::kPublishedInPart:
    case runs::RunState::kUnfinished: return Tone::kYellow;
    default: return Tone::kRed;
  }
}

Cell checks_cell(const runs::RunResult& run, const std::string& step) {
  size_t held = 0;
  size_t warned = 0;
  size_t failed = 0;
  for (const auto& check : run.checks) {
    if (check.step != step) continue;
    ++(check.passed ? held : check.failed() ? failed : warned);
  }
  std::vector<std::string> parts;
  if (failed != 0) parts.push_back(fmt::format("{} failed", failed));
  if (warned != 0) parts.push_back(fmt::format("{} warned", warned));
  if (held != 0) parts.push_back(fmt::format("{} held", held));
  Tone tone = failed != 0 ? Tone::kRed : warned != 0 ? Tone::kYellow : Tone::kPlain;
  return {fmt::format("{}", fmt::join(parts, ", ")), tone};
}

const runs::TableResult* table_of(const runs::RunResult& run, const std::string& step) {
  for (const auto& table : run.tables)
    if (table.table == run.pipeline + "." + step) return &table;
  return nullptr;
}

// Tables that no step makes: what was held back.
std::vector<const runs::TableResult*> other_tables(const runs::RunResult& run) {
  std::vector<const runs::TableResult*> others;
  for (const auto& table : run.tables) {
    bool made = std::any_of(run.steps.begin(), run.steps.end(),
                            [&](const auto& step) { return table.table == run.pipeline + "." + step.name; });
    if (!made) others.push_back(&table);
  }
  return others;
}

// What was computed again and why, and what was not. That a table is made for the first time needs no word.
std::string renewal_notes(const runs::RunResult& run) {
  std::vector<std::string> unchanged;
  std::vector<std::pair<std::string, std::vector<std::string>>> computed;  // steps by why
  for (const auto& step : run.steps) {
    if (step.view || !step.files.empty()) continue;
    if (!step.computed) unchanged.push_back(printable(step.name));
    if (step.why.empty() || step.why == "asked for" || step.why == "there is no table yet") continue;
    auto same = std::ranges::find(
        computed, step.why, [](const auto& each) -> auto& { return each.first; });
    if (same == computed.end()) same = computed.insert(same, {step.why, {}});
    same->second.push_back(printable(step.name));
  }
  std::string notes;
  for (const auto& [why, steps] : computed)
    notes += fmt::format("{}: computed again, {}\n", fmt::join(steps, ", "), printable(why));
  if (!unchanged.empty()) notes += fmt::format("{}: unchanged, not computed again\n", fmt::join(unchanged, ", "));
  return notes;
}

std::string steps_table(const runs::RunResult& run, const Look& look) {
  bool times =
      std::any_of(run.steps.begin(), run.steps.end(), [](const auto& step) { return step.seconds.has_value(); });
  Table table;
  table.headings = {
      {"step", "", Align::kLeft, true}, {"engine", "", Align::kLeft, true}, {"rows", "", Align::kRight, true}};
  if (times) table.headings.push_back({"time", "", Align::kRight, true});
  table.headings.insert(
      table.headings.end(),
      {{"size", "", Align::kRight, true}, {"version", "", Align::kRight, true}, {"checks", "", Align::kLeft, false}});
  for (const auto& step : run.steps) {
    const runs::TableResult* made = table_of(run, step.name);
    std::vector<Cell> row = {{printable(step.name)},
                             {step.engine, step.engine == "native" ? Tone::kPlain : Tone::kYellow}};
    row.push_back(step.view ? Cell{"view", Tone::kDim} : Cell{count_text(step.rows)});
    if (times) row.push_back({step.seconds ? duration_text(*step.seconds) : ""});
    row.push_back({made == nullptr ? "" : bytes_text(made->bytes)});
    row.push_back({made == nullptr ? "" : std::to_string(made->version)});
    row.push_back(checks_cell(run, step.name));
    table.rows.push_back(std::move(row));
  }
  return draw(table, look, Frame::kOpen);
}

}  // namespace

ordered_json to_json(const runs::RunResult& run) {
  ordered_json json{{"id", run.id},
                    {"pipeline", run.pipeline},
                    {"state", runs::to_string(run.state)},
                    {"started_at", time_text(run.started_at)},
                    {"ended_at", run.ended_at == 0 ? ordered_json() : ordered_json(time_text(run.ended_at))},
                    {"seconds", run.ended_at == 0 ? 0 : run.seconds()},
                    {"compute_seconds", run.compute_seconds},
                    {"publish_seconds", run.publish_seconds},
                    {"version", run.version},
                    {"host", run.host},
                    {"process", run.process},
                    {"engine", run.engine},
                    {"threads", run.threads},
                    {"params", run.params},
                    {"rows_read", run.rows_read},
                    {"bytes_read", run.bytes_read},
                    {"spilled_bytes", run.spilled_bytes}};
  json["sources"] = array_of(run.sources, [](const auto& source) {
    return ordered_json{{"name", source.name}, {"bad_rows", source.bad_rows}};
  });
  json["steps"] = array_of(run.steps, step_json);
  json["checks"] = array_of(run.checks, check_json);
  json["tables"] = array_of(run.tables, [](const auto& table) {
    return ordered_json{{"table", table.table},
                        {"version", table.version},
                        {"rows", table.rows},
                        {"bytes", table.bytes},
                        {"files", table.files}};
  });
  json["exports"] = array_of(run.exports, [](const auto& made) {
    return ordered_json{{"step", made.step}, {"path", made.path}, {"rows", made.rows}};
  });
  if (!run.operators.empty())
    json["operators"] = array_of(run.operators, [](const engine::OperatorProfile& op) {
      return ordered_json{{"name", op.name},         {"inputs", op.inputs}, {"rows_in", op.rows_in},
                          {"rows_out", op.rows_out}, {"bytes", op.bytes},   {"seconds", op.seconds}};
    });
  json["errors"] = array_of(run.errors, [](const Error& error) { return segue::to_json(error); });
  return json;
}

std::string operators_table(const engine::Profile& operators, const Look& look) {
  Table table;
  table.headings = {{"", "", Align::kRight, true},         {"operator", "", Align::kLeft, false},
                    {"reads", "", Align::kLeft, true},     {"rows in", "", Align::kRight, true},
                    {"rows out", "", Align::kRight, true}, {"time", "", Align::kRight, true},
                    {"memory", "", Align::kRight, true}};
  for (size_t i = 0; i < operators.size(); ++i) {
    const auto& op = operators[i];
    std::vector<size_t> reads;
    for (size_t input : op.inputs) reads.push_back(input + 1);
    table.rows.push_back({{std::to_string(i + 1), Tone::kDim},
                          {printable(op.name)},
                          {fmt::format("{}", fmt::join(reads, ", "))},
                          {op.rows_in == 0 ? "" : count_text(op.rows_in)},
                          {op.rows_out == 0 ? "" : count_text(op.rows_out)},
                          {duration_text(op.seconds)},
                          {op.bytes == 0 ? "" : bytes_text(op.bytes)}});
  }
  return draw(table, look, Frame::kOpen);
}

std::string run_summary(const runs::RunResult& run, const Look& look) {
  std::string state(runs::to_string(run.state));
  std::string out =
      fmt::format("{}  {}  {}", paint(look, Tone::kBold, run.pipeline), run.id, paint(look, tone_of(run.state), state));
  bool ended = run.ended_at != 0;
  bool good = run.state == runs::RunState::kSucceeded || run.state == runs::RunState::kPublishedInPart;
  const char* word = good ? "in" : "after";
  out += ended ? fmt::format(" {} {}\n", word, duration_text(run.seconds()))
               : fmt::format(" since {} UTC\n", time_text(run.started_at));
  if (run.rows_read != 0) {
    std::string rate = rate_text(run.bytes_read, run.compute_seconds);
    out += fmt::format("{} of {} read{}, {}; computed in {}", count_text(run.rows_read, "row"),
                       bytes_text(run.bytes_read), rate.empty() ? "" : " at " + rate, count_text(run.threads, "thread"),
                       duration_text(run.compute_seconds));
    if (good) out += fmt::format(", published in {}", duration_text(run.publish_seconds));
    if (run.spilled_bytes != 0) out += fmt::format("; {} did not fit into memory", bytes_text(run.spilled_bytes));
    out += "\n";
  }
  if (!run.steps.empty()) out += "\n" + steps_table(run, look);
  std::string notes;
  for (const auto& step : run.steps)
    if (!step.reason.empty())
      notes += fmt::format("{} ran in DuckDB: {}\n", printable(step.name), printable(step.reason));
  for (const auto& step : run.steps)
    if (!step.files.empty()) notes += fmt::format("{}: {}\n", step.name, printable(step.files));
  notes += renewal_notes(run);
  for (const auto& source : run.sources) {
    if (source.bad_rows == 0) continue;
    std::string rows = fmt::format("{} of {}", count_text(source.bad_rows, "bad row"), source.name);
    notes += paint(look, Tone::kYellow, good ? rows + " in quarantine" : rows + " left out") + "\n";
  }
  for (const auto& step : run.steps) {
    if (step.held_rows == 0) continue;
    std::string rows = fmt::format("{} of {} held back", count_text(step.held_rows, "row"), step.name);
    notes += paint(look, Tone::kYellow, good ? rows + " in quarantine" : rows) + "\n";
  }
  for (const auto* table : other_tables(run))
    if (table->rows != 0)
      notes += fmt::format("{}: {}, version {}\n", table->table, count_text(table->rows, "row"), table->version);
  for (const auto& made : run.exports)
    notes += fmt::format("exported {} to {}\n", count_text(made.rows, "row"), made.path);
  return out + (notes.empty() ? "" : "\n" + notes);
}

std::string checks_table(const runs::RunResult& run, const Look& look) {
  Table table;
  table.headings = {{"step", "", Align::kLeft, true},     {"check", "", Align::kLeft, false},
                    {"severity", "", Align::kLeft, true}, {"result", "", Align::kLeft, true},
                    {"rows", "", Align::kRight, true},    {"observed", "", Align::kLeft, false}};
  for (const auto& check : run.checks) {
    Cell result{"held", Tone::kGreen};
    if (!check.passed) result = check.failed() ? Cell{"failed", Tone::kRed} : Cell{"warned", Tone::kYellow};
    if (!check.passed && check.severity == definition::Severity::kQuarantine) result.text = "held back";
    table.rows.push_back({{check.step},
                          {printable(check.check)},
                          {std::string(definition::to_string(check.severity))},
                          result,
                          {count_text(check.rows)},
                          {printable(check.passed ? check.observed : check.message)}});
  }
  return draw(table, look, Frame::kOpen);
}

Error failed_check(const runs::CheckResult& check) {
  return {ErrorCode::kCheck,
          fmt::format("{}: {} does not hold: {}", check.step, check.check, check.message),
          check.place,
          {}};
}

std::string failing_rows(const runs::CheckResult& check, const Look& look) {
  if (check.samples.empty()) return "";
  Table table;
  for (const std::string& name : check.sample_columns)
    table.headings.push_back({printable(name), "", Align::kLeft, false});
  for (const auto& sample : check.samples) {
    std::vector<Cell> row;
    for (const std::string& value : sample) row.push_back({printable(value)});
    row.resize(table.headings.size());
    table.rows.push_back(std::move(row));
  }
  std::string more;
  if (check.failing > check.samples.size())
    more = fmt::format("and {} more\n", count_text(check.failing - check.samples.size()));
  return draw(table, look, Frame::kOpen) + paint(look, Tone::kDim, more);
}

std::string next_step(const runs::RunResult& run) {
  switch (run.state) {
    case runs::RunState::kSucceeded: {
      auto others = other_tables(run);
      bool bad = std::any_of(run.sources.begin(), run.sources.end(),
                             [](const auto& source) { return source.bad_rows != 0; }) ||
                 std::any_of(run.steps.begin(), run.steps.end(), [](const auto& step) { return step.held_rows != 0; });
      if (bad && !others.empty()) return fmt::format("next: segue quarantine {}\n", run.pipeline);
      return run.tables.empty() ? "" : fmt::format("next: segue show {}\n", run.tables.front().table);
    }
    case runs::RunState::kChecksFailed:
      return fmt::format(
          "nothing was published, all tables are as they were; mend the data or the check and run again\n"
          "`segue runs show {}` shows this again\n",
          run.id);
    case runs::RunState::kFailed:
    case runs::RunState::kInterrupted: return "nothing was published, all tables are as they were\n";
    case runs::RunState::kPublishedInPart: return "all but that is published; once the cause is mended, run again\n";
    case runs::RunState::kUnfinished:
      return "the publish is begun and not complete; the next run of this pipeline completes it first\n";
    default: return "";
  }
}

}  // namespace segue::cli

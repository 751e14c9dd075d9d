#include "cli/prompt/prompt.h"

#include <cstdio>
#include <cstdlib>
#include <sstream>

#include <arrow/record_batch.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/suggestion.h"
#include "cli/output/result_file.h"
#include "cli/prompt/completion.h"
#include "cli/signals.h"
#include "duckdb/tokens.h"

namespace segue::cli {
namespace {

struct Command {
  std::string name;
  std::string arguments;
  std::string meaning;
};

const std::vector<Command>& commands() {
  static const std::vector<Command> all{
      {".help", "", "what there is"},
      {".tables", "", "what can be queried"},
      {".columns", "TABLE", "the columns of a table"},
      {".output", "FORMAT", "how results are written: box, csv, tsv, json, markdown, chart; parquet with .to"},
      {".to", "[FILE]", "write results to a file, by the ending of its name; without one: to the terminal"},
      {".rows", "N", "rows that a table on the screen shows; 0: all"},
      {".refresh", "", "see what was published since"},
      {".quit", "", "end, as Ctrl-D does"},
  };
  return all;
}

// Where XDG says that such things are kept; empty if nobody knows.
std::filesystem::path history_file() {
  if (const char* state = std::getenv("XDG_STATE_HOME"); state != nullptr && *state == '/')
    return std::filesystem::path(state) / "segue" / "sql_history";
  if (const char* home = std::getenv("HOME"); home != nullptr && *home == '/')
    return std::filesystem::path(home) / ".local/state/segue/sql_history";
  return {};
}

// Whether a text holds statements up to a `;` and nothing begun behind it.
bool complete(const std::string& text) {
  std::vector<duckdb::Token> tokens = duckdb::tokenize(text);
  return !tokens.empty() && tokens.back().length == 1 && text[tokens.back().offset] == ';';
}

class Prompt {
 public:
  Prompt(OpenDatabase open, ResultChoice choice, const Context& context)
      : open_(std::move(open)),
        choice_(std::move(choice)),
        context_(context),
        printer_(context.printer),
        completion_(names(), [this] { return columns(); }),
        editor_(history_file(), [this](std::string_view line) { return completion_.complete(line); }) {}

  int run() {
    database_ = open_();
    printer_.message("SQL, ended by a `;`. `.help` says what else there is\n");
    std::string text;
    while (!context_.cancellation.requested()) {
      std::string line;
      LineEditor::End end = read(text.empty() ? "segue> " : "   ... ", line);
      if (end == LineEditor::End::kClosed) break;
      if (end == LineEditor::End::kInterrupted) {
        text.clear();
        continue;
      }
      if (text.empty() && line.starts_with('.')) {
        editor_.remember(line);
        if (line.starts_with(".quit")) return kDone;
        guarded([&] { command(line); });
        continue;
      }
      if (text.empty() && line.find_first_not_of(" \t") == std::string::npos) continue;
      text += text.empty() ? line : '\n' + line;
      if (!complete(text)) continue;
      remember(text);
      guarded([&] { query(text); });
      text.clear();
    }
    return kDone;
  }

 private:
  LineEditor::End read(const std::string& prompt, std::string& line) {
    DefaultSignals defaults;  // the editor puts the terminal in order before one of them ends the process
    return editor_.read(prompt, line);
  }

  static std::vector<std::string> names() {
    std::vector<std::string> all;
    for (const Command& each : commands()) all.push_back(each.name);
    return all;
  }

  // What goes wrong ends the statement, not the prompt.
  template <class Do>
  void guarded(const Do& work) {
    try {
      work();
    } catch (const Failure& failure) {
      if (failure.error().code == ErrorCode::kCancelled)
        printer_.message("stopped\n");
      else
        printer_.errors(failure.errors());
    }
  }

  void query(const std::string& text) {
    StatementCancellation stop;
    run_query(*database_, text, choice_, printer_, stop.cancellation());
  }

  // One line in the history: a line end would be lost when it is edited. Comments end at theirs, so they stay apart.
  void remember(const std::string& text) {
    if (text.find("--") != std::string::npos) {
      std::istringstream lines(text);
      for (std::string line; std::getline(lines, line);) editor_.remember(line);
      return;
    }
    std::string line = text;
    for (char& c : line)
      if (c == '\n') c = ' ';
    editor_.remember(line);
  }

  void command(const std::string& line) {
    std::istringstream words(line);
    std::string name, argument;
    words >> name;
    std::getline(words >> std::ws, argument);
    while (argument.ends_with(' ') || argument.ends_with(';')) argument.pop_back();
    if (name == ".help") {
      std::string out;
      for (const Command& each : commands())
        out +=
            fmt::format("{:<18} {}\n", each.name + (each.arguments.empty() ? "" : " " + each.arguments), each.meaning);
      printer_.result(out);
    } else if (name == ".tables") {
      query(
          "SELECT table_schema || '.' || table_name AS \"table\" FROM information_schema.tables WHERE table_schema NOT "
          "IN ('main', 'information_schema', 'pg_catalog') ORDER BY 1");
    } else if (name == ".columns" && !argument.empty()) {
      query(fmt::format("SELECT column_name, column_type FROM (DESCRIBE FROM {})", argument));
    } else if (name == ".output" && !argument.empty()) {
      auto format = output_format(argument);
      if (!format)
        fail(ErrorCode::kUsage, fmt::format("there is no format `{}`", argument),
             suggest(argument, output_format_names(), "formats"));
      choice_.format = *format;
    } else if (name == ".to") {
      to(argument);
    } else if (name == ".rows" && !argument.empty() && argument.find_first_not_of("0123456789") == std::string::npos &&
               argument.size() < 10) {
      choice_.rows = std::stoul(argument);
    } else if (name == ".refresh") {
      database_.reset();
      database_ = open_();
      completion_.forget();
    } else {
      wrong(name);
    }
  }

  void to(const std::string& file) {
    if (file.empty()) {
      choice_.to.clear();
      if (choice_.format == OutputFormat::kParquet) choice_.format = OutputFormat::kBox;
      return;
    }
    auto format = output_format_of_file(file);
    if (!format)
      fail(ErrorCode::kUsage, fmt::format("the format of `{}` is not known by its ending", file),
           "endings are those of the formats: .csv, .tsv, .json, .md, .parquet");
    choice_.format = *format;
    choice_.to = file;
  }

  [[noreturn]] static void wrong(const std::string& name) {
    for (const Command& each : commands())
      if (each.name == name) fail(ErrorCode::kUsage, fmt::format("it is `{} {}`", each.name, each.arguments));
    fail(ErrorCode::kUsage, fmt::format("there is no command `{}`", name), suggest(name, names(), "commands"));
  }

  std::vector<KnownColumn> columns() {
    std::vector<KnownColumn> known;
    try {
      StatementCancellation stop;
      for (const TextRow& row :
           text_rows(*database_,
                     "SELECT table_schema || '.' || table_name, column_name FROM information_schema.columns WHERE "
                     "table_schema NOT IN ('main', 'information_schema', 'pg_catalog')",
                     stop.cancellation()))
        known.push_back({row.at(0).value_or(""), row.at(1).value_or("")});
    } catch (const Failure&) {  // then there are keywords alone
    }
    return known;
  }

  OpenDatabase open_;
  ResultChoice choice_;
  const Context& context_;
  Printer& printer_;
  std::unique_ptr<duckdb::Database> database_;
  SqlCompletion completion_;
  LineEditor editor_;
};

}  // namespace

void run_query(duckdb::Database& database, const std::string& text, const ResultChoice& choice, Printer& printer,
               const Cancellation& cancellation) {
  if (choice.format == OutputFormat::kParquet && choice.to.empty() && printer.out().terminal)
    fail(ErrorCode::kUsage, "Parquet is not for a terminal", "write it to a file: `--to result.parquet`");
  printer.set_sql(text);
  auto answers = database.answers(text, cancellation);
  std::optional<ResultFile> file;
  if (!choice.to.empty()) file.emplace(choice.to);
  ResultOptions options{printer.out(), choice.rows, choice.header};
  if (file) options.look = Look{};
  bool first = true;
  while (auto rows = answers->next()) {
    if (!first && (file || choice.format == OutputFormat::kParquet))
      fail(ErrorCode::kUsage, "a file holds one result, and there is more than one query", "run one at a time");
    if (!first && choice.format != OutputFormat::kJson) printer.result("\n");
    first = false;
    auto writer = make_result_writer(
        choice.format, options, [&](std::string_view bytes) { file ? file->write(bytes) : printer.result(bytes); });
    writer->begin(rows->schema());
    while (auto batch = rows->next()) {
      cancellation.check();
      writer->write(*batch);
    }
    writer->finish();
  }
  if (!file) return;
  file->finish();
  printer.message(fmt::format("wrote {}\n", choice.to));
}

int run_prompt(OpenDatabase open, ResultChoice choice, const Context& context) {
  return Prompt(std::move(open), std::move(choice), context).run();
}

}  // namespace segue::cli

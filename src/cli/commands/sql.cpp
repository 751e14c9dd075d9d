// segue sql "…", segue sql
#include <iostream>
#include <iterator>
#include <memory>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/suggestion.h"
#include "cli/command.h"
#include "cli/output/result_writer.h"
#include "cli/params.h"
#include "cli/prompt/prompt.h"
#include "cli/query_database.h"
#include "cli/run_options.h"
#include "definition/load.h"

namespace segue::cli {
namespace {

struct Options {
  std::string text;
  RunChoice choice;
  std::string output;
  std::string to;
  size_t rows = ResultOptions{}.rows;
  bool no_header = false;
};

std::string read_stdin() {
  std::string text(std::istreambuf_iterator<char>(std::cin), {});
  if (text.size() > limits::kDefinitionBytes)
    fail(ErrorCode::kUsage, "the SQL on stdin is too long", "the limit is 4 MiB");
  return text;
}

std::string text_of(const Options& options) {
  if (options.text == "-" || (options.text.empty() && isatty(STDIN_FILENO) == 0)) return read_stdin();
  if (options.text.empty())
    fail(ErrorCode::kUsage, "there is no SQL to run",
         "write `segue sql \"SELECT …\"`, or pipe it in: `segue sql - < query.sql`");
  return options.text;
}

OutputFormat format_of(const Options& options, const Context& context) {
  if (!options.output.empty()) {
    auto format = output_format(options.output);
    if (!format)
      fail(ErrorCode::kUsage, fmt::format("there is no format `{}`", options.output),
           suggest(options.output, output_format_names(), "formats"));
    return *format;
  }
  if (context.printer.json()) return OutputFormat::kJson;
  if (!options.to.empty()) {
    auto format = output_format_of_file(options.to);
    if (!format)
      fail(ErrorCode::kUsage, fmt::format("the format of `{}` is not known by its ending", options.to),
           "name it with --output");
    return *format;
  }
  return OutputFormat::kBox;
}

int sql(const Options& options, const Context& context) {
  ResultChoice choice{format_of(options, context), options.to, options.rows, !options.no_header};
  definition::Project project = context.project();
  QueryChoice query{run_settings(project, options.choice), parse_params(options.choice.params)};
  auto open = [&] { return open_query_database(project, query, context); };
  bool person = isatty(STDIN_FILENO) == 1 && isatty(STDOUT_FILENO) == 1;
  if (options.text.empty() && person) return run_prompt(open, std::move(choice), context);
  std::string text = text_of(options);
  run_query(*open(), text, choice, context.printer, context.cancellation);
  return kDone;
}

}  // namespace

void add_sql(Commands& commands) {
  auto options = std::make_shared<Options>();
  CLI::App* command = commands.add(
      "sql",
      {"Query tables and sources",
       "DuckDB's SQL over every published table, as pipeline.step, and every source of a pipeline, as pipeline.source. "
       "It only reads: what is no query is refused. Several queries, each ended by a `;`, are answered one after the "
       "other. "
       "A table too large for the screen is cut, and says so; the other formats are always whole. Segue's own records "
       "are "
       "tables too: segue.runs, segue.check_results, segue.quarantine, segue.statistics "
       "and others. Without SQL, at a terminal, it is a "
       "prompt: statements end in `;`, Tab completes, Ctrl-C stops a query, `.help` tells the rest.",
       {{"segue sql \"FROM lastfm.top_songs LIMIT 10\"", "a table on the screen"},
        {"segue sql \"SHOW ALL TABLES\"", "what there is to query"},
        {"segue sql \"FROM segue.check_results WHERE NOT passed\"", "every check that did not hold"},
        {"segue sql", "a prompt"},
        {"segue sql \"FROM lastfm.top_songs LIMIT 20\" --output chart", "a bar for each row"},
        {"segue sql - --output csv < query.sql > result.csv", "a longer query, from a file"},
        {"segue sql \"FROM lastfm.sessions\" --to sessions.parquet", "a file; its ending says which format"}}},
      [options](const Context& context) { return sql(*options, context); });
  command->add_option("sql", options->text, "The SQL; `-`: read it from stdin")->type_name("SQL");
  command
      ->add_option("-o,--output", options->output,
                   fmt::format("{} (default box, or by the ending of --to)", fmt::join(output_format_names(), ", ")))
      ->type_name("FORMAT");
  command->add_option("--to", options->to, "Write the result to FILE")->type_name("FILE");
  command->add_option("--rows", options->rows, "Rows that a box, chart or markdown table shows (default 40; 0: all)")
      ->type_name("N");
  command->add_flag("--no-header", options->no_header, "csv and tsv without a line of names");
  add_params(command, options->choice.params);
  add_profile(command, options->choice.profile);
  command->add_option("--memory", options->choice.memory, "The most memory to use, as in `4 GiB`")->type_name("BYTES");
  command->add_option("--threads", options->choice.threads, "How many threads compute; by default one a core")
      ->type_name("N");
}

}  // namespace segue::cli

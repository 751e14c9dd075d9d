// segue sql "…"
#include <cstdio>
#include <fstream>
#include <iostream>
#include <iterator>
#include <memory>

#include <arrow/record_batch.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/suggestion.h"
#include "cli/command.h"
#include "cli/output/result_writer.h"
#include "cli/params.h"
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

// A file that has its name only once it is whole.
class ResultFile {
 public:
  explicit ResultFile(std::string path)
      : path_(std::move(path)), temporary_(path_ + ".part"), stream_(temporary_, std::ios::binary) {
    require("cannot write");
  }
  ~ResultFile() {
    if (!done_) std::remove(temporary_.c_str());
  }
  ResultFile(const ResultFile&) = delete;
  ResultFile& operator=(const ResultFile&) = delete;

  void write(std::string_view bytes) {
    stream_.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    require("cannot write");
  }
  void finish() {
    stream_.close();
    require("cannot write");
    done_ = std::rename(temporary_.c_str(), path_.c_str()) == 0;
    if (!done_) fail(ErrorCode::kIo, fmt::format("cannot rename {} to {}", temporary_, path_));
  }

 private:
  void require(const char* what) {
    if (!stream_) fail(ErrorCode::kIo, fmt::format("{} {}", what, path_), "is there room, and may you write there?");
  }

  std::string path_;
  std::string temporary_;
  std::ofstream stream_;
  bool done_ = false;
};

int sql(const Options& options, const Context& context) {
  Printer& printer = context.printer;
  OutputFormat format = format_of(options, context);
  if (format == OutputFormat::kParquet && options.to.empty() && isatty(STDOUT_FILENO) == 1)
    fail(ErrorCode::kUsage, "Parquet is not for a terminal", "write it to a file: `--to result.parquet`");
  std::string text = text_of(options);
  definition::Project project = context.project();
  auto database = open_query_database(
      project, {run_settings(project, options.choice), parse_params(options.choice.params)}, context);
  printer.set_sql(text);
  auto rows = database->query(text, context.cancellation);

  std::optional<ResultFile> file;
  if (!options.to.empty()) file.emplace(options.to);
  ResultOptions result{printer.out(), options.rows, !options.no_header};
  if (file) result.look = Look{};
  auto writer = make_result_writer(format, result,
                                   [&](std::string_view bytes) { file ? file->write(bytes) : printer.result(bytes); });
  writer->begin(rows->schema());
  while (auto batch = rows->next()) {
    context.cancellation.check();
    writer->write(*batch);
  }
  writer->finish();
  if (file) {
    file->finish();
    printer.message(fmt::format("wrote {}\n", options.to));
  }
  return kDone;
}

}  // namespace

void add_sql(Commands& commands) {
  auto options = std::make_shared<Options>();
  CLI::App* command = commands.add(
      "sql",
      {"Query tables and sources",
       "DuckDB's SQL over every published table, as pipeline.step, and every source of a pipeline, as pipeline.source. "
       "Changes nothing. "
       "A table too large for the screen is cut, and says so; the other formats are always whole.",
       {{"segue sql \"FROM lastfm.top_songs LIMIT 10\"", "a table on the screen"},
        {"segue sql \"SHOW ALL TABLES\"", "what there is to query"},
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

// `segue sql` without a query: a prompt.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "cli/command.h"
#include "cli/output/result_writer.h"
#include "cli/query_database.h"

namespace segue::cli {

// How results are shown, which the prompt's own commands change.
struct ResultChoice {
  OutputFormat format = OutputFormat::kBox;
  std::string to;  // a file; empty: the terminal
  size_t rows = 40;
  bool header = true;
};

// Runs the SQL and writes its result where the choice says. Throws Failure.
void run_query(duckdb::Database& database, const std::string& text, const ResultChoice& choice, Printer& printer,
               const Cancellation& cancellation);

// Opens what can be queried, as it is at that moment. Throws Failure.
using OpenDatabase = std::function<std::unique_ptr<duckdb::Database>()>;

// Reads statements until `.quit` or Ctrl-D and runs each. REQUIRES: stdin and stdout are a terminal.
int run_prompt(OpenDatabase open, ResultChoice choice, const Context& context);

}  // namespace segue::cli

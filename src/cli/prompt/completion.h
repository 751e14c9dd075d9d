// What Tab offers at a SQL prompt.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/prompt/line_editor.h"

namespace segue::cli {

// A column of a table, as completion knows it.
struct KnownColumn {
  std::string table;  // "lastfm.top_songs"
  std::string column;
};

// Completes the word before the cursor: a dot command at the beginning of a line, else keywords, tables (a schema up to
// its dot, then its tables) and columns. What begins with capitals gets keywords in capitals. `columns` is asked when
// it is first needed.
class SqlCompletion {
 public:
  SqlCompletion(std::vector<std::string> commands, std::function<std::vector<KnownColumn>()> columns);
  Completions complete(std::string_view line_until_cursor);
  // Asks for the columns again the next time.
  void forget() { loaded_ = false; }

 private:
  void load();

  std::vector<std::string> commands_;
  std::function<std::vector<KnownColumn>()> columns_;
  bool loaded_ = false;
  std::vector<std::string> tables_;  // full names and their schemas with a dot; sorted
  std::vector<std::string> names_;   // of columns; sorted
};

}  // namespace segue::cli

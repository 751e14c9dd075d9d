// Errors for people and for programs.
//
//     error: unknown key `colums`
//       --> pipelines/lastfm/pipeline.yaml:9:5
//        |
//      9 |     colums: {user_id: varchar}
//        |     ^^^^^^
//     help: did you mean `columns`?
#pragma once

#include <span>
#include <string>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

#include "base/error.h"

namespace segue {

struct RenderOptions {
  bool color = false;         // ANSI colours; the text is complete without them
  bool warning = false;       // it begins with "warning:" instead of "error:"
  std::string_view sql = {};  // the text that places in the "file" <sql> are about: SQL that stands in no file
};

// The error as text of several lines, ending in a line end. Reads the line that the place names from its file; a file
// that cannot be read, or a line that is not there, leaves the picture out. Carets stand right below wide characters
// and tabs. Never throws Failure.
std::string render(const Error& error, const RenderOptions& options = {});

// All of them, an empty line between two; past limits::kMistakes the rest is counted.
std::string render(std::span<const Error> errors, const RenderOptions& options = {});

// {"code": "definition", "message": …, "file": …, "line": …, "column": …, "length": …, "hint": …}; what is unknown is
// left out.
nlohmann::ordered_json to_json(const Error& error);

// "usage", "definition", "data", … : the name of a code in JSON and logs.
std::string_view to_string(ErrorCode code);

// The program's exit code for an error: 1, 2, 3 or 130.
int exit_code(ErrorCode code);

// Cells of a terminal that UTF-8 text takes: 0 for combining characters, 2 for wide ones. Invalid bytes take one each.
size_t display_width(std::string_view text);

}  // namespace segue

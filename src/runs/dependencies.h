// Which step reads what, and the order that follows from it.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/error.h"
#include "definition/definition.h"
#include "sql/binder.h"

namespace segue::runs {

struct Dependencies {
  std::map<std::string, std::vector<std::string>> reads;  // step -> sources and steps, each once, in order of the text
  std::vector<const definition::Step*> order;  // each after what it reads, else as in the file; without `broken`
  std::set<std::string> broken;                // steps with mistakes, and those that read them
};

// Parses every step's SQL, but that of the unsound. Mistakes (text that is no SELECT, unknown tables, cycles) go to
// `errors`, located.
Dependencies find_dependencies(const definition::Pipeline& pipeline, sql::Binder& binder, std::vector<Error>& errors,
                               const std::set<std::string>& unsound);

// Steps that are named, with all that they read. Throws Failure(kUsage) for unknown names.
std::set<std::string> with_what_they_read(const definition::Pipeline& pipeline, const Dependencies& dependencies,
                                          const std::vector<std::string>& names);

// The mistakes that a Binder found in a located text, as Errors.
void add_mistakes(const sql::SqlError& error, const definition::LocatedText& text, std::vector<Error>& errors);

}  // namespace segue::runs

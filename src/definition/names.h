// What pipelines, parameters, sources and steps may be called.
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"
#include "definition/mistakes.h"

namespace segue::definition {

enum class NameOf { kPipeline, kProfile, kParam, kSource, kStep };

// "pipeline", "profile", "parameter", "source", "step".
std::string_view word(NameOf what);

// A name is [a-z][a-z0-9_]* of at most limits::kNameBytes bytes; pipelines and profiles may have `-` too. Sources and
// steps stand in SQL unquoted, so words that SQL reserves are none, nor are names that Segue keeps for itself. Adds
// what is wrong; true if nothing is.
bool check_name(NameOf what, std::string_view name, const Place& place, Mistakes& mistakes);

}  // namespace segue::definition

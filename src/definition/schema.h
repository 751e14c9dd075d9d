// What the tables of keys (keys.h) say, for others: JSON Schemas for editors that complete and check while one types,
// and the key reference of docs/pipeline-file.md. Both are files of the repository; tests compare them with what comes
// from here.
#pragma once

#include <string>

#include <nlohmann/json_fwd.hpp>

namespace segue::definition {

// JSON Schema, draft 7.
nlohmann::ordered_json project_schema();
nlohmann::ordered_json pipeline_schema();

// Markdown: one table of keys a section, of both files.
std::string key_reference();

}  // namespace segue::definition

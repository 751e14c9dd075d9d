// JSON Schemas of segue.yaml and pipeline.yaml, for editors that complete and check while one types.
// Made from the same table of keys that the parser reads by (keys.h), so they cannot differ from it.
#pragma once

#include <nlohmann/json_fwd.hpp>

namespace segue::definition {

// JSON Schema, draft 7.
nlohmann::ordered_json project_schema();
nlohmann::ordered_json pipeline_schema();

}  // namespace segue::definition

// Changes of a pipeline.yaml that leave all else in it as it is: comments, order, layout.
//
// Text is put in at the one place where it belongs, and what comes out is read again: unless it says what it said before
// and the change, nothing is changed and the error says why.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "columns/type.h"
#include "definition/definition.h"
#include "definition/located_text.h"

namespace segue::crawl {

// The file's text with one more source, the last. `path`: as it is to be written. Throws Failure(kDefinition), located,
// if the file has mistakes, or `sources` is written in braces.
std::string with_source(const definition::TextFilePtr& file, const definition::Source& source, std::string_view path);

// The file's text with other types of columns of a source. Throws Failure(kDefinition) if they are not written there, one
// by one.
std::string with_types(const definition::TextFilePtr& file, const std::string& source, const std::vector<Field>& types);

}  // namespace segue::crawl

// Paths of files: which of their parts are values, as a day or a number is, and the pattern that names them again.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace segue::crawl {

// A name with every part of it that holds a digit replaced by '#': `plays-2009-05.tsv` is `plays-#-#.tsv`.
std::string name_shape(std::string_view name);

// Whether a folder's name is a value: `year=2009`, `2009`, `2009-05-04`, `A`, `de`; not `users`. Such folders part one
// source, others part several.
bool value_folder(std::string_view name);

// `year=2009`; nothing if it is no such folder's name. The value is decoded (%20).
std::optional<std::pair<std::string, std::string>> partition_of(std::string_view name);

// What a file's name ends with, `.gz` aside: ".csv"; empty if there is nothing.
std::string extension(std::string_view name);
// The name without it.
std::string stem(std::string_view name);

// The pattern (formats/files.h) that takes `files` and, of `others`, as few as possible: those are added to `taken`.
// All are absolute paths; `root` is a folder above all of them. REQUIRES: there are files.
std::string pattern_of(const std::string& root, const std::vector<std::string>& files,
                       const std::vector<std::string>& others, std::vector<std::string>& taken);

// A name for a source of these files: letters, digits and `_`, not one that SQL keeps for itself.
std::string source_name(const std::string& root, const std::vector<std::string>& files);
// The same with what the file's name ends with; empty if that says nothing.
std::string source_name_with_ending(const std::string& name, const std::string& file);

}  // namespace segue::crawl

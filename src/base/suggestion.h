// "did you mean …?"
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace segue {

// The fewest insertions, deletions, replacements and swaps of neighbouring bytes that make b of a; letters' case does
// not count.
size_t edit_distance(std::string_view a, std::string_view b);

// The candidate nearest to text, if it is near enough to be what was meant (a third of the longer one's letters); else
// empty. Of equally near ones the first.
std::string_view nearest(std::string_view text, std::span<const std::string_view> candidates);
std::string_view nearest(std::string_view text, std::span<const std::string> candidates);

// A hint for a name that is none of the candidates: "did you mean `columns`? allowed: `path`, `columns`"; without the
// question if none is near. list_word: what the candidates are ("allowed", "steps"). Empty without candidates.
std::string suggest(std::string_view text, std::span<const std::string_view> candidates,
                    std::string_view list_word = "allowed");
std::string suggest(std::string_view text, std::span<const std::string> candidates,
                    std::string_view list_word = "allowed");

// "`a`, `b` and `c`": backquoted names for a sentence, at most `limit` of them, then "and 12 more".
std::string quoted_list(std::span<const std::string_view> names, size_t limit = 20);
std::string quoted_list(std::span<const std::string> names, size_t limit = 20);

}  // namespace segue

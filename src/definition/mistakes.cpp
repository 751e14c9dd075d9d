#include "definition/mistakes.h"

#include <algorithm>
#include <tuple>
#include <utility>

namespace segue::definition {

std::vector<Error> in_order(std::vector<Error> errors, const std::string& main_file) {
  auto rank = [&](const Error& error) {
    const Place& place = error.place;
    int group = !place.known() ? 0 : place.file == main_file ? 1 : 2;
    return std::tuple(group, std::string_view(place.file), place.line, place.column);
  };
  std::stable_sort(errors.begin(), errors.end(), [&](const Error& a, const Error& b) { return rank(a) < rank(b); });
  return errors;
}

void Mistakes::throw_if_any(const std::string& main_file) {
  if (!errors_.empty()) throw Failure(in_order(std::move(errors_), main_file));
}

}  // namespace segue::definition

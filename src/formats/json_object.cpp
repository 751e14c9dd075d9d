#include <string>
#include <string_view>

#include <fmt/format.h>

#include "base/limits.h"
#include "formats/json_column.h"

namespace segue::formats {
namespace {

// Keys that are remembered: more than any table has columns, so files whose rows differ much can't make it grow.
constexpr size_t kMostExpected = limits::kColumns;
constexpr size_t kMostExpectedBytes = 256;

}  // namespace

void JsonObject::add(std::string name, JsonColumn column) {
  names_.push_back(std::move(name));
  columns_.push_back(std::move(column));
  seen_.push_back(0);
}

void JsonObject::append_null() {
  for (JsonColumn& column : columns_) column.append_null();
}

void JsonObject::truncate(size_t rows) {
  for (JsonColumn& column : columns_) column.truncate(rows);
}

uint32_t JsonObject::look_up(std::string_view key) const {
  for (uint32_t i = 0; i < names_.size(); ++i) {
    if (names_[i] == key) return i;
  }
  return kNone;
}

// The column of the key at this place of the object.
uint32_t JsonObject::find(size_t place, std::string_view key) {
  if (place < expected_.size() && expected_[place].key == key) return expected_[place].column;
  uint32_t column = kNone;
  if (key.find('\\') == std::string_view::npos) {
    column = look_up(key);
  } else {
    // The text in its quotes is a document of its own.
    simdjson::ondemand::parser parser;
    simdjson::padded_string quoted(fmt::format("\"{}\"", key));
    std::string_view name;
    simdjson::ondemand::document document;
    if (parser.iterate(quoted).get(document) == simdjson::SUCCESS &&
        document.get_string().get(name) == simdjson::SUCCESS)
      column = look_up(name);
  }
  if (place < kMostExpected && key.size() <= kMostExpectedBytes) {
    if (place >= expected_.size()) expected_.resize(place + 1);
    expected_[place] = {std::string(key), column};
  }
  return column;
}

bool JsonObject::append(simdjson::ondemand::object object, JsonProblem& problem) {
  ++objects_;
  size_t place = 0, found = 0;
  for (auto result : object) {
    simdjson::ondemand::field field;
    if (auto error = std::move(result).get(field)) return problem.say(explain_json(error));
    uint32_t at = find(place++, field.escaped_key());
    if (at == kNone) continue;
    if (seen_[at] == objects_) {
      problem.path = names_[at];
      return problem.say("the key occurs twice");
    }
    seen_[at] = objects_;
    ++found;
    if (!columns_[at].append(field.value(), problem)) {
      problem.path = problem.path.empty() ? names_[at] : fmt::format("{}.{}", names_[at], problem.path);
      return false;
    }
  }
  if (found == columns_.size()) return true;
  for (size_t i = 0; i < columns_.size(); ++i) {
    if (seen_[i] != objects_) columns_[i].append_null();
  }
  return true;
}

}  // namespace segue::formats

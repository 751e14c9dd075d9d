#include "formats/json_reader.h"

#include <algorithm>
#include <bit>

#include <fmt/format.h>

#include "base/error.h"
#include "base/limits.h"
#include "base/utf8.h"
#include "formats/json_ends.h"

namespace segue::formats {
namespace {

bool space(char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }

// True if brackets stand within each other more than limits::kJsonNesting deep.
bool too_deep(std::string_view row) {
  // Each takes two bytes, so short rows need no look.
  if (row.size() <= 2 * limits::kJsonNesting) return false;
  auto opening = std::ranges::count(row, '{') + std::ranges::count(row, '[');
  if (opening <= static_cast<ptrdiff_t>(limits::kJsonNesting)) return false;
  size_t depth = 0;
  bool quoted = false;
  for (size_t i = 0; i < row.size(); ++i) {
    char c = row[i];
    if (quoted) {
      if (c == '\\') ++i;
      quoted = c != '"';
    } else if (c == '"') {
      quoted = true;
    } else if (c == '{' || c == '[') {
      if (++depth > limits::kJsonNesting) return true;
    } else if ((c == '}' || c == ']') && depth != 0) {
      --depth;
    }
  }
  return false;
}

void see_row(const char* row, size_t bytes, simdjson::ondemand::parser& parser, const JsonSource& source,
             const std::vector<size_t>& columns, ColumnSample& sample) {
  simdjson::ondemand::document document;
  simdjson::ondemand::object object;
  if (parser.iterate(row, bytes, bytes + simdjson::SIMDJSON_PADDING).get(document) != simdjson::SUCCESS ||
      document.get_object().get(object) != simdjson::SUCCESS)
    return;
  for (auto result : object) {
    simdjson::ondemand::field field;
    if (std::move(result).get(field) != simdjson::SUCCESS) return;
    std::string_view key = field.escaped_key();
    for (size_t i = 0; i < columns.size(); ++i) {
      if (source.fields[columns[i]].name != key) continue;
      std::string_view token = field.value().raw_json_token();
      if (token.starts_with('"') && token.data() + token.size() <= row + bytes) sample.see(i, token);
    }
  }
}

std::vector<ColumnHabits> sample_json(const JsonSource& source, const std::vector<InputFile>& files,
                                      const std::vector<size_t>& columns) {
  simdjson::ondemand::parser parser;
  return sample_columns(files, columns.size(), /*anywhere=*/source.lines,
                        [&](std::string_view text, bool at_begin, ColumnSample& sample) {
                          auto row = [&](size_t begin, size_t end) {
                            simdjson::padded_string padded(text.substr(begin, end - begin));
                            see_row(padded.data(), padded.size(), parser, source, columns, sample);
                          };
                          if (!source.lines) {
                            std::vector<size_t> scratch;
                            split_elements(text, true, scratch, row);
                            return;
                          }
                          size_t begin = at_begin ? 0 : std::min(text.find('\n'), text.size() - 1) + 1;
                          for (size_t end; (end = text.find('\n', begin)) != std::string_view::npos; begin = end + 1)
                            row(begin, end);
                        });
}

void own(Column& column, const std::shared_ptr<const void>& owner) {
  column.owner = owner;
  for (Column& child : column.children) own(child, owner);
}

}  // namespace

JsonColumns::JsonColumns(const JsonSource& source, const std::vector<InputFile>& files) {
  ColumnChoice choice(source.fields, source.used, source.columns);
  fields_ = choice.fields;
  std::vector<ColumnHabits> habits = sample_json(source, files, choice.texts);
  auto text = habits.begin();
  for (const ColumnChoice::Read& read : choice.reads) {
    columns_.push_back({source.fields[read.field], read.output, nullptr});
    if (read.text && (text++)->coded) columns_.back().dictionary = std::make_shared<Dictionary>();
  }
}

JsonReader::JsonReader(const JsonColumns& columns) : columns_(columns), text_(std::make_unique<JsonText>()) {
  for (const JsonColumns::ReadColumn& column : columns.columns_)
    root_.add(column.field.name, JsonColumn(column.field.type, *text_, column.dictionary));
}

std::string explain_long_row() { return fmt::format("the row is longer than {} MiB", limits::kRowBytes >> 20); }

std::string JsonReader::add(const char* row, size_t bytes) {
  simdjson::ondemand::parser& parser = text_->parser;
  std::string_view text(row, bytes);
  if (bytes > limits::kRowBytes) return explain_long_row();
  if (bytes == 0 || row[0] != '{')
    return fmt::format("an object expected, not {}", bytes != 0 && row[0] == '[' ? "an array" : "another value");
  if (too_deep(text)) return fmt::format("values within each other more than {} deep", limits::kJsonNesting);
  if (parser.capacity() < bytes) {
    if (parser.allocate(std::bit_ceil(std::max(bytes, size_t{4096}))) != simdjson::SUCCESS)
      fail(ErrorCode::kLimit, "no memory to read a row of JSON");
  }
  text_->row_end = row + bytes;
  JsonProblem problem;
  auto read = [&] {
    simdjson::ondemand::document document;
    simdjson::ondemand::object object;
    if (auto error = parser.iterate(row, bytes, bytes + simdjson::SIMDJSON_PADDING).get(document)) {
      if (error == simdjson::UTF8_ERROR)
        return problem.say(fmt::format("the row is not UTF-8, by its byte {}", invalid_utf8(text) + 1));
      return problem.say(explain_json(error));
    }
    if (auto error = document.get_object().get(object)) return problem.say(explain_json(error));
    if (!root_.append(object, problem)) return false;
    return document.at_end() || problem.say("something stands behind the object");
  };
  if (read()) {
    ++rows_;
    return {};
  }
  root_.truncate(rows_);
  return problem.path.empty() ? problem.reason : fmt::format("{}: {}", problem.path, problem.reason);
}

Batch JsonReader::take() {
  Batch batch;
  batch.rows = std::exchange(rows_, 0);
  batch.columns.resize(columns_.fields_.size());
  size_t bytes = 0;
  for (const JsonColumn& column : root_.columns()) bytes += column.bytes();
  memory_.begin(bytes);
  for (size_t i = 0; i < columns_.columns_.size(); ++i) {
    Column column = root_.columns()[i].take(memory_);
    if (size_t output = columns_.columns_[i].output; output != ColumnChoice::kNone)
      batch.columns[output] = std::move(column);
  }
  std::shared_ptr<const void> owner = memory_.finish();
  for (Column& column : batch.columns) own(column, owner);
  return batch;
}

void split_elements(std::string_view text, bool first, std::vector<size_t>& scratch,
                    const std::function<void(size_t begin, size_t end)>& row) {
  scratch.clear();
  JsonEnds ends(first);
  ends.follow(text.data(), text.size(), scratch);
  scratch.push_back(text.size());
  size_t from = 0;
  for (size_t end : scratch) {
    size_t begin = from + JsonEnds::before_element(text.data() + from, end - from);
    from = end;
    while (end != begin && space(text[end - 1])) --end;
    if (begin != end) row(begin, end);
  }
}

}  // namespace segue::formats

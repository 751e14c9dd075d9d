// The values of one key in the rows of a batch, taken from JSON one by one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <simdjson.h>

#include "base/memory.h"
#include "columns/column.h"
#include "columns/dictionary.h"
#include "formats/batch_memory.h"

namespace segue::formats {

class JsonObject;

// Why a row is bad: the path to the value, which is empty for the row itself.
struct JsonProblem {
  std::string path, reason;
  bool say(std::string why) {
    reason = std::move(why);
    return false;
  }
};

// What is wrong with the text, in words for a bad row.
std::string explain_json(simdjson::error_code error);

// What all columns of one worker share.
struct JsonText {
  simdjson::ondemand::parser parser;
  const char* row_end = nullptr;
  const char* base = nullptr;  // all rows of a batch stand within 4 GB of it, and stay until the batch is taken
};

// REQUIRES: the type is readable_json(). Used again for each batch. Not thread-safe.
class JsonColumn {
 public:
  // Texts become codes of the dictionary, if there is one.
  JsonColumn(Type type, JsonText& text, std::shared_ptr<Dictionary> dictionary);
  ~JsonColumn();
  JsonColumn(JsonColumn&&) noexcept;

  // False if it is no value of the type; the row is to be taken back with truncate() then.
  bool append(simdjson::ondemand::value value, JsonProblem& problem);
  void append_null();
  void truncate(size_t rows);
  size_t rows() const { return rows_; }

  // Of BatchMemory that take() needs.
  size_t bytes() const;
  // All values; none are left here. Owners are not set.
  Column take(BatchMemory& memory);

 private:
  bool append_string(std::string_view token, JsonProblem& problem);
  bool append_scalar(std::string_view token, JsonProblem& problem);
  bool append_container(simdjson::ondemand::value value, char bracket, JsonProblem& problem);
  bool append_list(simdjson::ondemand::array array, JsonProblem& problem);
  std::byte* add_value();
  void add_text(const char* begin, size_t bytes, uint8_t where);
  void add_code(uint32_t code);
  bool refuse(std::string_view token, bool out_of_range, JsonProblem& problem) const;
  Column take_texts(BatchMemory& memory, Column column);
  void take_codes(BatchMemory& memory, Column& column);

  Type type_;
  JsonText& text_;
  std::shared_ptr<Dictionary> dictionary_;
  size_t width_ = 0;  // of a value, in bytes
  size_t rows_ = 0;
  bool has_nulls_ = false;
  Array<uint8_t> valid_;     // of texts: where they stand
  Array<std::byte> values_;  // fixed width; of a LIST: where each row's elements end
  Array<uint32_t> begins_;   // texts: in the batch's text, or in unescaped_
  Array<uint32_t> lengths_;
  Array<char> unescaped_;  // texts that were written with escapes and are not coded
  // Those that are: the rows of this batch, and as they were written all that were seen, with their codes.
  struct Known {
    uint32_t row, code;
  };
  Array<Known> known_;
  std::unique_ptr<Dictionary> written_;
  std::vector<uint32_t> codes_of_written_;
  size_t text_bytes_ = 0;  // of all texts
  std::unique_ptr<JsonColumn> element_;
  std::unique_ptr<JsonObject> object_;
};

// The columns of an object's keys.
class JsonObject {
 public:
  // A key without a column is passed over.
  void add(std::string name, JsonColumn column);

  bool append(simdjson::ondemand::object object, JsonProblem& problem);
  void append_null();
  void truncate(size_t rows);
  std::vector<JsonColumn>& columns() { return columns_; }
  const std::vector<JsonColumn>& columns() const { return columns_; }

 private:
  static constexpr uint32_t kNone = UINT32_MAX;
  // The key that the last row had at a place: nearly always it is there again.
  struct Expected {
    std::string key;  // as it is written
    uint32_t column = kNone;
  };
  uint32_t find(size_t place, std::string_view key);
  uint32_t look_up(std::string_view key) const;

  std::vector<std::string> names_;
  std::vector<JsonColumn> columns_;
  std::vector<uint64_t> seen_;  // the last object that had the column's key
  uint64_t objects_ = 0;
  std::vector<Expected> expected_;
};

}  // namespace segue::formats

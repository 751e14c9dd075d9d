#include "formats/json_column.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include <emmintrin.h>
#include <fmt/format.h>

#include "base/error.h"
#include "base/utf8.h"
#include "formats/convert.h"
#include "formats/json_values.h"

namespace segue::formats {
namespace {

using simdjson::ondemand::value;

// Where a text stands: valid_ of a VARCHAR.
constexpr uint8_t kNull = 0, kPlain = 1, kUnescaped = 2, kCoded = 3;

bool space(char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }

size_t rounded(size_t bytes) { return (bytes + 63) & ~size_t{63}; }

// The first quote or backslash from `at` on. There is one: behind a text stands its quote.
const char* next_mark(const char* at) {
  const __m128i quote = _mm_set1_epi8('"'), backslash = _mm_set1_epi8('\\');
  while (true) {
    __m128i block = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
    auto marks = static_cast<unsigned>(
        _mm_movemask_epi8(_mm_or_si128(_mm_cmpeq_epi8(block, quote), _mm_cmpeq_epi8(block, backslash))));
    if (marks != 0) return at + std::countr_zero(marks);
    at += 16;
  }
}

std::string_view article(std::string_view name) { return name.starts_with('I') ? "an" : "a"; }

std::string shown(std::string_view text) {
  constexpr size_t kShown = 60;
  return printable_utf8(text.substr(0, kShown)) + (text.size() > kShown ? "…" : "");
}

}  // namespace

std::string explain_json(simdjson::error_code error) {
  switch (error) {
    case simdjson::EMPTY: return "nothing where an object should be";
    case simdjson::UTF8_ERROR: return "the row is not UTF-8";
    case simdjson::UNCLOSED_STRING: return "a string is never closed";
    case simdjson::UNESCAPED_CHARS: return "a control character in a string, or a NUL byte, that is not escaped";
    case simdjson::INCOMPLETE_ARRAY_OR_OBJECT: return "the object is not closed, or something stands behind it";
    default: return "no valid JSON: a comma, colon, bracket or value is missing or too much";
  }
}

JsonColumn::JsonColumn(Type type, JsonText& text, std::shared_ptr<Dictionary> dictionary)
    : type_(std::move(type)), text_(text), dictionary_(std::move(dictionary)) {
  if (type_.id == TypeId::kList) {
    width_ = sizeof(uint64_t);
    element_ = std::make_unique<JsonColumn>(type_.element(), text, nullptr);
  } else if (type_.id == TypeId::kStruct) {
    object_ = std::make_unique<JsonObject>();
    for (const Field& field : type_.fields) object_->add(field.name, JsonColumn(field.type, text, nullptr));
  } else if (type_.id != TypeId::kVarchar) {
    width_ = value_bytes(type_);
  }
}

JsonColumn::~JsonColumn() = default;
JsonColumn::JsonColumn(JsonColumn&&) noexcept = default;

// Room for one more value; valid until told otherwise.
std::byte* JsonColumn::add_value() {
  valid_.push_back(1);
  values_.resize((rows_ + 1) * width_);
  return values_.data() + rows_++ * width_;
}

void JsonColumn::add_text(const char* begin, size_t bytes, uint8_t where) {
  const char* base = where == kUnescaped ? unescaped_.data() : text_.base;
  valid_.push_back(where);
  begins_.push_back(static_cast<uint32_t>(begin - base));
  lengths_.push_back(static_cast<uint32_t>(bytes));
  text_bytes_ += bytes;
  ++rows_;
}

void JsonColumn::add_code(uint32_t code) {
  known_.push_back({static_cast<uint32_t>(rows_), code});
  add_text(text_.base, 0, kCoded);
}

void JsonColumn::append_null() {
  has_nulls_ = true;
  if (type_.id == TypeId::kVarchar) {
    add_text(text_.base, 0, kNull);
    return;
  }
  if (object_ != nullptr) {
    object_->append_null();
    ++rows_;
    valid_.push_back(0);
    return;
  }
  std::byte* to = add_value();
  valid_.back() = 0;
  std::memset(to, 0, width_);
  if (element_ != nullptr) {
    uint64_t end = element_->rows();
    std::memcpy(to, &end, sizeof end);
  }
}

void JsonColumn::truncate(size_t rows) {
  SEGUE_ASSERT(rows <= rows_);
  if (type_.id == TypeId::kVarchar) {
    for (size_t row = rows; row < rows_; ++row) text_bytes_ -= lengths_[row];
    while (!known_.empty() && known_.back().row >= rows) known_.resize(known_.size() - 1);
    begins_.resize(rows);
    lengths_.resize(rows);
  } else if (object_ != nullptr) {
    object_->truncate(rows);
  } else {
    values_.resize(rows * width_);
    if (element_ != nullptr) {
      uint64_t end = 0;
      if (rows != 0) std::memcpy(&end, values_.data() + (rows - 1) * width_, sizeof end);
      element_->truncate(end);
    }
  }
  valid_.resize(rows);
  rows_ = rows;
}

bool JsonColumn::refuse(std::string_view token, bool out_of_range, JsonProblem& problem) const {
  std::string type = to_string(type_);
  if (token.starts_with('{') || token.starts_with('['))
    return problem.say(fmt::format("an {} is not {} {}", token[0] == '{' ? "object" : "array", article(type), type));
  std::string_view text = token;
  if (text.size() >= 2 && text.starts_with('"')) text = text.substr(1, text.size() - 2);
  if (out_of_range) return problem.say(fmt::format("'{}' is out of range of {}", shown(text), type));
  return problem.say(fmt::format("'{}' is not {} {}", shown(text), article(type), type));
}

bool JsonColumn::append(value json, JsonProblem& problem) {
  // From its first byte to the next thing in the text, spaces included.
  std::string_view token = json.raw_json_token();
  // Where the row ends too early there is no next thing, and nothing to go by.
  auto left = text_.row_end - token.data();
  if (left <= 0 || token.empty() || token.size() > static_cast<size_t>(left)) [[unlikely]]
    return problem.say(explain_json(simdjson::TAPE_ERROR));
  switch (token[0]) {
    case '"':
      while (space(token.back())) token.remove_suffix(1);
      return append_string(token, problem);
    case '{':
    case '[': return append_container(json, token[0], problem);
    case '-':
    case '0':
    case '1':
    case '2':
    case '3':
    case '4':
    case '5':
    case '6':
    case '7':
    case '8':
    case '9':
      // The usual cases; what is left over says why below.
      if (type_.id == TypeId::kBigint) {
        int64_t number = 0;
        if (json.get_int64().get(number) == simdjson::SUCCESS) {
          std::memcpy(add_value(), &number, sizeof number);
          return true;
        }
      } else if (type_.id == TypeId::kDouble) {
        double number = 0;
        if (json.get_double().get(number) == simdjson::SUCCESS) {
          std::memcpy(add_value(), &number, sizeof number);
          return true;
        }
      }
      break;
    default: break;
  }
  while (space(token.back())) token.remove_suffix(1);
  return append_scalar(token, problem);
}

bool JsonColumn::append_scalar(std::string_view token, JsonProblem& problem) {
  if (token == "null") return append_null(), true;
  bool truth = token == "true", number = json_number(token);
  if (!truth && token != "false" && !number) return problem.say(fmt::format("'{}' is no JSON value", shown(token)));
  if (type_.id == TypeId::kVarchar) return add_text(token.data(), token.size(), kPlain), true;
  if (type_.nested()) return refuse(token, false, problem);
  Int128 value = 0;
  Parsed parsed = number ? number_to_value(type_, token, &value) : boolean_to_value(type_, truth, &value);
  if (parsed != Parsed::kOk) return refuse(token, parsed == Parsed::kRange, problem);
  std::memcpy(add_value(), &value, width_);
  return true;
}

bool JsonColumn::append_string(std::string_view token, JsonProblem& problem) {
  const char* begin = token.data() + 1;
  const char* mark = next_mark(begin);
  const bool escaped = *mark == '\\';
  while (*mark == '\\') mark = next_mark(mark + 2);
  if (mark != token.data() + token.size() - 1)
    return problem.say(fmt::format("something stands behind the string '{}'", shown({begin, mark})));
  std::string_view text(begin, static_cast<size_t>(mark - begin));
  const std::string_view written = text;
  uint8_t where = kPlain;
  size_t used = unescaped_.size();
  if (escaped) {
    if (written_ != nullptr) {
      if (uint32_t known = written_->find(text); known != 0) return add_code(codes_of_written_[known - 1]), true;
    }
    unescaped_.resize(used + text.size() + simdjson::SIMDJSON_PADDING);
    auto* to = reinterpret_cast<uint8_t*>(unescaped_.data() + used);
    auto result = text_.parser.unescape(reinterpret_cast<const uint8_t*>(begin), to);
    if (result.error() != simdjson::SUCCESS)
      return problem.say(fmt::format("'{}' has an escape that JSON does not have", shown(text)));
    text = result.value_unsafe();
    where = kUnescaped;
    unescaped_.resize(used + text.size());
  }
  if (type_.id == TypeId::kVarchar) {
    if (where == kUnescaped && std::memchr(text.data(), 0, text.size()) != nullptr)
      return problem.say(fmt::format("'{}' has a NUL byte", shown({begin, mark})));
    if (where == kPlain || dictionary_ == nullptr) return add_text(text.data(), text.size(), where), true;
    // Nearly always the same texts come again, and are known then before they are unescaped.
    uint32_t code = dictionary_->intern(text);
    unescaped_.resize(used);
    if (written_ == nullptr) written_ = std::make_unique<Dictionary>();
    written_->intern(written);
    codes_of_written_.push_back(code);
    return add_code(code), true;
  }
  if (type_.nested()) return refuse(token, false, problem);
  Int128 value = 0;
  Parsed parsed = text_to_value(type_, text, &value);
  unescaped_.resize(used);
  if (parsed != Parsed::kOk) return refuse(token, parsed == Parsed::kRange, problem);
  std::memcpy(add_value(), &value, width_);
  return true;
}

bool JsonColumn::append_container(value json, char bracket, JsonProblem& problem) {
  if (type_.id == TypeId::kVarchar) {
    std::string_view text;
    if (json.raw_json().get(text) != simdjson::SUCCESS) return problem.say(explain_json(simdjson::TAPE_ERROR));
    while (space(text.back())) text.remove_suffix(1);
    if (std::memchr(text.data(), 0, text.size()) != nullptr) return problem.say("a NUL byte in an object or array");
    add_text(text.data(), text.size(), kPlain);
    return true;
  }
  if (bracket == '[' && element_ != nullptr) {
    simdjson::ondemand::array array;
    if (json.get_array().get(array) != simdjson::SUCCESS) return problem.say(explain_json(simdjson::TAPE_ERROR));
    return append_list(array, problem);
  }
  if (bracket == '{' && object_ != nullptr) {
    simdjson::ondemand::object object;
    if (json.get_object().get(object) != simdjson::SUCCESS) return problem.say(explain_json(simdjson::TAPE_ERROR));
    if (!object_->append(object, problem)) return false;
    ++rows_;
    valid_.push_back(1);
    return true;
  }
  return refuse({&bracket, 1}, false, problem);
}

bool JsonColumn::append_list(simdjson::ondemand::array array, JsonProblem& problem) {
  for (auto result : array) {
    value element;
    if (auto error = std::move(result).get(element)) return problem.say(explain_json(error));
    if (!element_->append(element, problem)) return false;
  }
  uint64_t end = element_->rows();
  std::memcpy(add_value(), &end, sizeof end);
  return true;
}

size_t JsonColumn::bytes() const {
  size_t bytes = rounded(rows_);
  if (type_.id == TypeId::kVarchar) {
    bytes += dictionary_ != nullptr ? rounded(rows_ * sizeof(uint32_t))
                                    : rounded(rows_ * sizeof(std::string_view)) + rounded(text_bytes_);
  } else if (object_ != nullptr) {
    for (const JsonColumn& child : object_->columns()) bytes += child.bytes();
  } else {
    bytes += rounded((rows_ + 1) * width_);
    if (element_ != nullptr) bytes += element_->bytes();
  }
  return bytes;
}

Column JsonColumn::take(BatchMemory& memory) {
  Column column;
  column.type = type_;
  if (has_nulls_ && dictionary_ == nullptr) {
    auto* valid = reinterpret_cast<uint8_t*>(memory.allocate(rows_));
    for (size_t row = 0; row < rows_; ++row) valid[row] = valid_[row] != 0;
    column.valid = valid;
  }
  if (dictionary_ != nullptr) {
    take_codes(memory, column);
  } else if (type_.id == TypeId::kVarchar) {
    column = take_texts(memory, std::move(column));
  } else if (object_ != nullptr) {
    for (JsonColumn& child : object_->columns()) column.children.push_back(child.take(memory));
  } else if (element_ != nullptr) {
    auto* offsets = reinterpret_cast<uint64_t*>(memory.allocate((rows_ + 1) * width_));
    offsets[0] = 0;
    if (rows_ != 0) std::memcpy(offsets + 1, values_.data(), rows_ * width_);
    column.values = offsets;
    column.children.push_back(element_->take(memory));
  } else {
    std::byte* values = memory.allocate(rows_ * width_);
    if (rows_ != 0) std::memcpy(values, values_.data(), rows_ * width_);
    column.values = values;
  }
  rows_ = text_bytes_ = 0;
  has_nulls_ = false;
  valid_.clear();
  values_.clear();
  begins_.clear();
  known_.clear();
  lengths_.clear();
  unescaped_.clear();
  return column;
}

Column JsonColumn::take_texts(BatchMemory& memory, Column column) {
  auto* views = reinterpret_cast<std::string_view*>(memory.allocate(rows_ * sizeof(std::string_view)));
  char* to = reinterpret_cast<char*>(memory.allocate(text_bytes_));
  for (size_t row = 0; row < rows_; ++row) {
    const char* from = (valid_[row] == kUnescaped ? unescaped_.data() : text_.base) + begins_[row];
    if (lengths_[row] != 0) std::memcpy(to, from, lengths_[row]);
    views[row] = {to, lengths_[row]};
    to += lengths_[row];
  }
  column.values = views;
  return column;
}

void JsonColumn::take_codes(BatchMemory& memory, Column& column) {
  auto* codes = reinterpret_cast<uint32_t*>(memory.allocate(rows_ * sizeof(uint32_t)));
  column.values = codes;
  column.dictionary = dictionary_;
  // To the dictionary those whose codes are known are NULL.
  const bool some = has_nulls_ || !known_.empty();
  if (some) {
    for (size_t row = 0; row < rows_; ++row) valid_[row] = valid_[row] == kPlain;
  }
  size_t unclean = dictionary_->intern_fields(
      {text_.base, begins_.data(), lengths_.data(), some ? valid_.data() : nullptr, rows_}, false, codes);
  SEGUE_ASSERT(unclean == 0);  // was looked at before
  for (const Known& known : known_) codes[known.row] = known.code;
}

}  // namespace segue::formats

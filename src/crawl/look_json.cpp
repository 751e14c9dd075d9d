// JSON: the form of a file, and what its objects hold.
#include <algorithm>
#include <bit>
#include <cstring>

#include <fmt/format.h>

#include "base/error.h"
#include "base/limits.h"
#include "base/utf8.h"
#include "crawl/look_rows.h"
#include "formats/json_ends.h"
#include "formats/json_reader.h"
#include "formats/json_values.h"

namespace segue::crawl {
namespace {

namespace ondemand = simdjson::ondemand;
using definition::FormatType;

bool space(char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }

std::string_view trim(std::string_view text) {
  while (!text.empty() && space(text.front())) text.remove_prefix(1);
  while (!text.empty() && space(text.back())) text.remove_suffix(1);
  return text;
}

// Whether a value of `kind`, written so, is one of a declared type: the conversions of formats/json_values.h.
bool value_fits(const Type& type, std::string_view token, std::string_view string) {
  if (type.id == TypeId::kVarchar) return true;
  char first = token.front();
  if (type.nested()) return first == (type.id == TypeId::kList ? '[' : '{');
  if (first == '{' || first == '[') return false;
  Int128 value = 0;
  formats::Parsed parsed = formats::Parsed::kOk;
  if (first == '"') {
    parsed = formats::text_to_value(type, string, &value);
  } else if (first == 't' || first == 'f') {
    parsed = formats::boolean_to_value(type, first == 't', &value);
  } else {
    parsed = formats::number_to_value(type, token, &value);
  }
  return parsed == formats::Parsed::kOk;
}

// Walks the values of one row: once to see that all of it is JSON, then again to let them vote.
class Walk {
 public:
  Walk(const char* row_end, uint64_t& objects, Spot spot) : row_end_(row_end), objects_(objects), spot_(spot) {}

  // Why the object is none; empty if it is one. With `evidence` it is known to be one, but for keys that come twice.
  std::string object(ondemand::object object, Evidence* evidence, const std::vector<Field>* declared, size_t depth) {
    uint64_t number = evidence != nullptr ? ++objects_ : 0;
    for (auto result : object) {
      ondemand::field field;
      if (auto error = std::move(result).get(field)) return simdjson::error_message(error);
      std::string_view name;
      if (auto error = field.unescaped_key().get(name)) return simdjson::error_message(error);
      Evidence* key = nullptr;
      const Type* type = nullptr;
      if (evidence != nullptr) {
        key = evidence->key(name);
        if (key != nullptr && !key->first_in(number)) return fmt::format("the key {} comes twice", name);
        if (declared != nullptr) {
          auto found = std::ranges::find(*declared, name, &Field::name);
          if (found != declared->end()) type = &found->type;
        }
      }
      std::string problem = value(field.value(), key, type, depth + 1);
      if (!problem.empty()) return depth == 0 ? fmt::format("{}: {}", name, problem) : problem;
    }
    return {};
  }

 private:
  std::string value(ondemand::value value, Evidence* evidence, const Type* declared, size_t depth) {
    std::string_view token = value.raw_json_token();
    auto left = row_end_ - token.data();
    if (left <= 0 || token.empty() || token.size() > static_cast<size_t>(left)) return "it ends too early";
    if (token[0] == '{' || token[0] == '[') return container(value, token[0], evidence, declared, depth);
    token = trim(token);
    std::string_view string;
    Kind kind = Kind::kText;
    if (token[0] == '"') {
      if (evidence == nullptr || token.find('\\') != std::string_view::npos) {
        if (auto error = value.get_string().get(string)) return simdjson::error_message(error);
        if (std::memchr(string.data(), 0, string.size()) != nullptr) return "a NUL byte in a text";
      } else {
        string = token.substr(1, token.size() - 2);
      }
      if (evidence == nullptr) return {};
      kind = kind_of_string(string);
    } else if (token == "null") {
      if (evidence != nullptr) evidence->see_null();
      return {};
    } else if (token == "true" || token == "false") {
      kind = token == "true" ? Kind::kTrue : Kind::kFalse;
    } else if (formats::json_number(token)) {
      kind = kind_of_number(token);
    } else {
      return fmt::format("'{}' is no JSON value", printable_utf8(token.substr(0, 40)));
    }
    if (evidence == nullptr) return {};
    evidence->see(kind, token[0] == '"' ? string : token, spot_);
    note_misfit(*evidence, declared, token, string);
    return {};
  }

  std::string container(ondemand::value value, char bracket, Evidence* evidence, const Type* declared, size_t depth) {
    bool deep = depth >= limits::kCrawlNesting;
    if (evidence != nullptr) {
      evidence->see(bracket == '{' ? Kind::kObject : Kind::kList, bracket == '{' ? "{…}" : "[…]", spot_);
      note_misfit(*evidence, declared, bracket == '{' ? "{" : "[", {});
      if (deep) return {};
    }
    if (bracket == '{') {
      ondemand::object inner;
      if (auto error = value.get_object().get(inner)) return simdjson::error_message(error);
      return object(inner, evidence,
                    declared != nullptr && declared->id == TypeId::kStruct ? &declared->fields : nullptr, depth);
    }
    ondemand::array elements;
    if (auto error = value.get_array().get(elements)) return simdjson::error_message(error);
    const Type* type = declared != nullptr && declared->id == TypeId::kList ? &declared->element() : nullptr;
    for (auto result : elements) {
      ondemand::value element;
      if (auto error = std::move(result).get(element)) return simdjson::error_message(error);
      std::string problem = this->value(element, evidence != nullptr ? &evidence->element() : nullptr, type, depth + 1);
      if (!problem.empty()) return problem;
    }
    return {};
  }

  void note_misfit(Evidence& evidence, const Type* declared, std::string_view token, std::string_view string) const {
    if (declared == nullptr || !evidence.fits() || value_fits(*declared, token, string)) return;
    std::string shown = printable_utf8((token.front() == '"' ? string : token).substr(0, 40));
    if (token == "{" || token == "[") shown = token == "{" ? "an object" : "an array";
    evidence.see_misfit(fmt::format("'{}' is not {}", shown, type_text(*declared)), spot_);
  }

  const char* row_end_;
  uint64_t& objects_;
  Spot spot_;
};

// Why these bytes are no object of JSON, or nothing.
std::string why_no_object(ondemand::parser& parser, std::string_view text) {
  if (!text.starts_with('{'))
    return fmt::format("an object expected, not {}", text.starts_with('[') ? "an array" : "another value");
  ondemand::document document;
  ondemand::object object;
  if (parser.capacity() < text.size() && parser.allocate(std::bit_ceil(text.size())) != simdjson::SUCCESS)
    fail(ErrorCode::kLimit, "no memory to read a row of JSON");
  if (auto error = parser.iterate(text.data(), text.size(), text.size() + simdjson::SIMDJSON_PADDING).get(document))
    return simdjson::error_message(error);
  if (auto error = document.get_object().get(object)) return simdjson::error_message(error);
  uint64_t objects = 0;
  std::string problem = Walk(text.data() + text.size(), objects, {}).object(object, nullptr, nullptr, 0);
  if (!problem.empty()) return problem;
  return document.at_end() ? "" : "something stands behind the object";
}

bool is_object(std::string_view text) {
  simdjson::padded_string padded(text);
  ondemand::parser parser;
  return why_no_object(parser, {padded.data(), padded.size()}).empty();
}

}  // namespace

JsonForm json_form(std::string_view head, bool cut_off) {
  JsonForm form;
  std::string_view text = head.substr(head.find_first_not_of(" \t\r\n"));
  if (text.front() == '[') {
    form.why = "it begins with `[`";
    return form;
  }
  std::string_view line = trim(text.substr(0, text.find('\n')));
  std::string_view behind = trim(text.substr(std::min(text.find('\n'), text.size())));
  if (is_object(line)) {
    form.type = FormatType::kJsonLines;
    form.one_object = behind.empty() && !cut_off;
    form.why = form.one_object ? "its only line is an object" : "its first line is an object";
    return form;
  }
  std::vector<size_t> ends;
  formats::JsonEnds finder;
  finder.follow(text.data(), text.size(), ends);
  if (ends.empty()) {
    form.why = "it begins with `{`";
    if (!cut_off && line != trim(text)) return form;  // what is wrong with it is told by its reader
    if (cut_off && text.find('\n') != std::string_view::npos && !is_object(line)) return form;
    form.type = FormatType::kJsonLines;
    return form;
  }
  std::string_view rest = trim(text.substr(ends.front()));
  form.why = "its only value is an object of several lines";
  if (rest.empty()) return form;
  if (line.size() >= ends.front()) {  // the first line holds all of the first object, and is none
    form.type = FormatType::kJsonLines;
    form.why = "it begins with `{`";
  } else if (rest.front() == '{') {
    form.problem = "it holds several objects of JSON, each on several lines";
    form.hint = "write each on a line of its own: jq -c .";
  }
  return form;
}

void RowReader::json(Look& look, const formats::InputFile& file, std::unique_ptr<formats::ByteSource> bytes,
                     uint32_t number, const Given& given) {
  bool lines = look.type == FormatType::kJsonLines;
  auto finder = [lines]() -> std::unique_ptr<formats::RowFinder> {
    if (lines) return std::make_unique<formats::LineEnds>();
    return std::make_unique<formats::JsonEnds>();
  };
  formats::RowStream rows(std::move(bytes), finder, file.size, size_t{64} << 10);
  for_windows(look, rows, given, [&](std::string_view text, const Window& window, uint64_t before) -> uint64_t {
    uint64_t line = before + 1;
    size_t counted = 0;
    auto row = [&](size_t begin, size_t end) {
      line += static_cast<uint64_t>(std::count(text.data() + counted, text.data() + begin, '\n'));
      counted = begin;
      json_row(look, text.substr(begin, end - begin), line, number, given);
    };
    if (lines) {
      for (size_t begin = 0; begin < text.size();) {
        size_t end = std::min(text.find('\n', begin), text.size());
        size_t first = begin, last = end;
        while (first < last && space(text[first])) ++first;
        while (last > first && space(text[last - 1])) --last;
        if (first < last) row(first, last);
        begin = end + 1;
      }
    } else {
      formats::split_elements(text, window.offset == 0, scratch_, row);
    }
    return static_cast<uint64_t>(std::ranges::count(text, '\n'));
  });
  if (look.rows == 0 && look.bad.count == 0) {
    look.state = Look::State::kEmpty;
    look.reason = "it holds no object";
  } else if (look.bad.count > look.rows) {
    look.reason = fmt::format("it begins like JSON, but {}", look.bad.first.front().reason);
    if (look.bad.first.front().line > 1) look.reason += fmt::format(" (line {})", look.bad.first.front().line);
  } else {
    look.state = Look::State::kRows;
  }
}

// The text has padding behind it that may be read.
void RowReader::json_row(Look& look, std::string_view text, uint64_t line, uint32_t number, const Given& given) {
  if (text.size() > limits::kRowBytes) return look.bad.add(line, formats::explain_long_row());
  std::string problem = why_no_object(parser_, text);
  if (!problem.empty()) return look.bad.add(line, std::move(problem));
  ondemand::document document = parser_.iterate(text.data(), text.size(), text.size() + simdjson::SIMDJSON_PADDING);
  look.root.see(Kind::kObject, "{…}", {number, line});
  problem = Walk(text.data() + text.size(), objects_, {number, line})
                .object(document.get_object(), &look.root, given.columns.empty() ? nullptr : &given.columns, 0);
  if (!problem.empty()) return look.bad.add(line, std::move(problem));
  ++look.rows;
}

}  // namespace segue::crawl

// string_split and its other names: the parts of a text between the places where another stands, as a list.
#include "engine/expressions/rows.h"
#include "engine/expressions/utf8.h"

namespace segue::engine {
namespace {

using Text = std::string_view;

// An empty separator parts the code points.
void split(Text text, Text separator, Array<Text>& parts) {
  while (!text.empty()) {
    size_t at = separator.empty() ? code_point_bytes(text, 0) : text.find(separator);
    if (at == Text::npos || (separator.empty() && at == text.size())) break;
    parts.push_back(text.substr(0, at));
    text.remove_prefix(at + separator.size());
  }
  parts.push_back(text);
}

// A separator that is NULL is nowhere.
void run_split(const Call& call, Answer& answer) {
  const Column& texts = call.arguments[0];
  const Column& separators = call.arguments[1];
  auto* offsets = answer.values<uint64_t>(call.rows + 1);
  uint8_t* valid = answer.valid(call.rows);
  Array<Text> parts;
  for (size_t i = 0; i < call.rows; ++i) {
    offsets[i] = parts.size();
    valid[i] = texts.type.id != TypeId::kNull && texts.is_valid(i);
    if (!valid[i]) continue;
    if (separators.type.id != TypeId::kNull && separators.is_valid(i)) {
      split(texts.text(i), separators.text(i), parts);
    } else {
      parts.push_back(texts.text(i));
    }
  }
  offsets[call.rows] = parts.size();
  answer.column.children.push_back(text_column({parts.data(), parts.size()}, texts));
}

}  // namespace

const KernelTable& split_kernels() {
  static const KernelTable table = [] {
    KernelTable made;
    for (const char* name : {"string_split", "split", "str_split", "string_to_array"}) {
      made.push_back({.name = name,
                      .arguments = {Kind::kVarchar, Kind::kVarchar},
                      .result = Kind::kList,
                      .run = &run_split,
                      .sees_nulls = true});
    }
    return made;
  }();
  return table;
}

}  // namespace segue::engine

// regexp_matches, regexp_full_match, regexp_extract, regexp_extract_all, regexp_replace, regexp_split_to_array,
// regexp_escape, by RE2 as in DuckDB.
#include <fmt/format.h>
#include <re2/re2.h>

#include "engine/expressions/rows.h"
#include "engine/expressions/utf8.h"

namespace segue::engine {
namespace {

using Text = std::string_view;

re2::StringPiece piece(Text text) { return {text.data(), text.size()}; }

struct Options {
  RE2::Options re2;
  bool everywhere = false;  // g
};

// Of the letters that DuckDB takes; nothing if there is another.
std::optional<Options> options_of(Text letters) {
  Options options;
  options.re2.set_log_errors(false);
  for (char letter : letters) {
    switch (letter) {
      case 'c': options.re2.set_case_sensitive(true); break;
      case 'i': options.re2.set_case_sensitive(false); break;
      case 'l': options.re2.set_literal(true); break;
      case 'm':
      case 'n':
      case 'p': options.re2.set_dot_nl(false); break;
      case 's': options.re2.set_dot_nl(true); break;
      case 'g': options.everywhere = true; break;
      case ' ':
      case '\t':
      case '\n': break;
      default: return std::nullopt;
    }
  }
  return options;
}

// Where the options of a call stand among its arguments, by its name; they may be left out.
size_t options_argument(const plan::Expression& call) {
  if (call.name == "regexp_replace" || call.name == "regexp_extract" || call.name == "regexp_extract_all") return 3;
  return 2;
}

std::optional<Options> options_of(const plan::Expression& call) {
  size_t at = options_argument(call);
  if (call.arguments.size() <= at) return options_of(Text());
  const Value* letters = constant_argument(call, at);
  return letters == nullptr ? std::nullopt : options_of(std::get<std::string>(letters->data));
}

// The pattern of a call: one for all rows, or made anew when another comes.
class Pattern {
 public:
  explicit Pattern(const Call& call) : options_(*options_of(call.expression)) {}
  const RE2& of(Text text) const {
    if (pattern_ == nullptr || text != text_) {
      text_ = text;
      pattern_ = std::make_unique<RE2>(piece(text), options_.re2);
    }
    return *pattern_;
  }
  bool everywhere() const { return options_.everywhere; }

 private:
  Options options_;
  mutable std::string text_;
  mutable std::unique_ptr<RE2> pattern_;
};

[[noreturn]] void no_pattern(const Pattern& pattern, Text text) {
  fail_value(fmt::format("'{}' is no regular expression: {}", text, pattern.of(text).error()));
}

// Options come after what is matched.
template <bool kFull>
struct Matches {
  explicit Matches(const Call& call) : pattern(call) {}
  bool call(Text text, Text by, uint8_t& answer) const {
    const RE2& expression = pattern.of(by);
    if (!expression.ok()) return false;
    answer = kFull ? RE2::FullMatch(piece(text), expression) : RE2::PartialMatch(piece(text), expression);
    return true;
  }
  bool call(Text text, Text by, Text, uint8_t& answer) const { return call(text, by, answer); }
  [[noreturn]] void fail(Text, Text by) const { no_pattern(pattern, by); }
  [[noreturn]] void fail(Text, Text by, Text) const { no_pattern(pattern, by); }
  Pattern pattern;
};

struct Replace {
  explicit Replace(const Call& call) : pattern(call) {}
  bool call(Text text, Text by, Text with, TextArena& arena, Text& answer) const {
    const RE2& expression = pattern.of(by);
    if (!expression.ok()) return false;
    std::string changed(text);
    if (pattern.everywhere()) {
      RE2::GlobalReplace(&changed, expression, piece(with));
    } else {
      RE2::Replace(&changed, expression, piece(with));
    }
    answer = arena.copy(changed);
    return true;
  }
  bool call(Text text, Text by, Text with, Text, TextArena& arena, Text& answer) const {
    return call(text, by, with, arena, answer);
  }
  [[noreturn]] void fail(Text, Text by, Text) const { no_pattern(pattern, by); }
  [[noreturn]] void fail(Text, Text by, Text, Text) const { no_pattern(pattern, by); }
  Pattern pattern;
};

// An empty text where nothing matches, where the group does not, and for a pattern that is none.
struct Extract {
  explicit Extract(const Call& call) : pattern(call) {}
  Text call(Text text, Text by, TextArena& arena) const { return call(text, by, 0, arena); }
  Text call(Text text, Text by, int32_t group, TextArena&) const {
    const RE2& expression = pattern.of(by);
    re2::StringPiece groups[10];
    if (!expression.ok() || group > expression.NumberOfCapturingGroups()) return {};
    if (!expression.Match(piece(text), 0, text.size(), RE2::UNANCHORED, groups, group + 1)) return {};
    return {groups[group].data(), groups[group].size()};
  }
  Text call(Text text, Text by, int32_t group, Text, TextArena& arena) const { return call(text, by, group, arena); }
  Pattern pattern;
};

// regexp_extract with a list of names: a struct of the groups, in their order.
void run_extract_struct(const Call& call, Answer& answer) {
  Pattern pattern(call);
  size_t count = call.type().fields.size();
  std::vector<Array<Text>> fields(count);
  std::vector<re2::StringPiece> groups(count + 1);
  for (size_t i = 0; i < call.rows; ++i) {
    bool found = false;
    if (call.valid == nullptr || call.valid[i]) {
      Text text = call.arguments[0].text(i);
      found = pattern.of(call.arguments[1].text(i))
                  .Match(piece(text), 0, text.size(), RE2::UNANCHORED, groups.data(), static_cast<int>(count + 1));
    }
    for (size_t k = 0; k < count; ++k)
      fields[k].push_back(found ? Text(groups[k + 1].data(), groups[k + 1].size()) : Text());
  }
  for (const Array<Text>& field : fields)
    answer.column.children.push_back(text_column({field.data(), field.size()}, call.arguments[0]));
}

// The texts of a list, row by row; nothing stands for NULL.
class Lists {
 public:
  Lists(const Call& call, Answer& answer) : offsets_(answer.values<uint64_t>(call.rows + 1)) {}
  void begin(size_t row) { offsets_[row] = texts_.size(); }
  void push(Text text) {
    texts_.push_back(text);
    valid_.push_back(1);
  }
  void push_null() {
    texts_.push_back({});
    valid_.push_back(0);
  }
  void finish(const Call& call, Answer& answer) {
    begin(call.rows);
    Answer elements;
    std::copy(texts_.begin(), texts_.end(), elements.values<Text>(texts_.size()));
    std::copy(valid_.begin(), valid_.end(), elements.valid(texts_.size()));
    elements.keep(call.arguments[0]);
    answer.column.children.push_back(elements.finish(TypeId::kVarchar, 1));
  }

 private:
  uint64_t* offsets_;
  Array<Text> texts_;
  Array<uint8_t> valid_;
};

// Each match from left to right; after an empty one the next begins a code point later. A group that took no part is
// NULL.
void extract_all(Text text, const RE2& expression, size_t group, Lists& lists) {
  std::vector<re2::StringPiece> groups(group + 1);
  for (size_t at = 0; at <= text.size();) {
    if (!expression.Match(piece(text), at, text.size(), RE2::UNANCHORED, groups.data(), static_cast<int>(group + 1)))
      break;
    if (groups[group].data() == nullptr) {
      lists.push_null();
    } else {
      lists.push({groups[group].data(), groups[group].size()});
    }
    auto end = static_cast<size_t>(groups[0].data() + groups[0].size() - text.data());
    at = end > at ? end : at + (at < text.size() ? code_point_bytes(text, at) : 1);
  }
}

void run_extract_all(const Call& call, Answer& answer) {
  Pattern pattern(call);
  const Value* group = call.arguments.size() < 3 ? nullptr : constant_argument(call.expression, 2);
  Lists lists(call, answer);
  for (size_t i = 0; i < call.rows; ++i) {
    lists.begin(i);
    if (call.valid != nullptr && !call.valid[i]) continue;
    extract_all(call.arguments[0].text(i), pattern.of(call.arguments[1].text(i)),
                group == nullptr ? 0 : static_cast<size_t>(std::get<int64_t>(group->data)), lists);
  }
  lists.finish(call, answer);
}

// Where the pattern matches nothing, the text is parted after a code point.
void split(Text text, const RE2& expression, Lists& lists) {
  while (!text.empty()) {
    re2::StringPiece match;
    if (!expression.Match(piece(text), 0, text.size(), RE2::UNANCHORED, &match, 1)) break;
    auto at = static_cast<size_t>(match.data() - text.data());
    if (match.empty() && at == 0) {
      at = code_point_bytes(text, 0);
      if (at == text.size()) break;
    }
    lists.push(text.substr(0, at));
    text.remove_prefix(at + match.size());
  }
  lists.push(text);
}

void run_split(const Call& call, Answer& answer) {
  Pattern pattern(call);
  Lists lists(call, answer);
  for (size_t i = 0; i < call.rows; ++i) {
    lists.begin(i);
    if (call.valid == nullptr || call.valid[i])
      split(call.arguments[0].text(i), pattern.of(call.arguments[1].text(i)), lists);
  }
  lists.finish(call, answer);
}

struct Escape {
  static Text call(Text text, TextArena& arena) { return arena.copy(RE2::QuoteMeta(piece(text))); }
};

bool reads_columns(const plan::Expression& expression) {
  if (expression.kind == plan::Expression::Kind::kColumn) return true;
  return std::any_of(expression.arguments.begin(), expression.arguments.end(),
                     [](const auto& argument) { return reads_columns(*argument); });
}

// Patterns are constants that compile, or differ from row to row: DuckDB treats a wrong one differently in each.
std::optional<std::string> check_pattern(const plan::Expression& call) {
  auto options = options_of(call);
  if (!options) return signature(call) + " is not supported with these options";
  if (const Value* pattern = constant_argument(call, 1)) {
    RE2 compiled(std::get<std::string>(pattern->data), options->re2);
    if (!compiled.ok()) return signature(call) + " of a wrong pattern is not supported";
  } else if (!reads_columns(*call.arguments[1])) {
    return signature(call) + " of a pattern that is computed from constants is not supported";
  }
  if (call.name != "regexp_extract" || call.arguments.size() < 3 || call.type.id == TypeId::kStruct)
    return std::nullopt;
  if (constant_argument(call, 2) == nullptr) return signature(call) + " is supported for a constant group only";
  return std::nullopt;
}

std::optional<std::string> check_constant_pattern(const plan::Expression& call) {
  const Value* pattern = constant_argument(call, 1);
  if (pattern == nullptr) return signature(call) + " is supported for a constant pattern only";
  if (auto reason = check_pattern(call)) return reason;
  if (call.name != "regexp_extract_all" || call.arguments.size() < 3) return std::nullopt;
  const Value* group = constant_argument(call, 2);
  RE2 compiled(std::get<std::string>(pattern->data), options_of(call)->re2);
  if (group == nullptr || std::get_if<int64_t>(&group->data) == nullptr) {
    return signature(call) + " is supported for a constant group only";
  }
  auto number = std::get<int64_t>(group->data);
  if (number < 0 || number > compiled.NumberOfCapturingGroups())
    return signature(call) + " of no group is not supported";
  return std::nullopt;
}

// A constant pattern is checked before the run.
bool can_fail(const plan::Expression& call) { return constant_argument(call, 1) == nullptr; }

Kernel with_pattern(Kernel kernel, std::optional<std::string> (*check)(const plan::Expression&)) {
  kernel.check = check;
  if (kernel.fallible) kernel.can_fail = &can_fail;
  return kernel;
}

template <class Op>
void add_matches(KernelTable& table, std::string_view name) {
  using K = Kind;
  table.push_back(
      with_pattern(row_kernel<Op, uint8_t, Text, Text>(name, {K::kVarchar, K::kVarchar}, K::kBoolean), &check_pattern));
  table.push_back(with_pattern(
      row_kernel<Op, uint8_t, Text, Text, Text>(name, {K::kVarchar, K::kVarchar, K::kVarchar}, K::kBoolean),
      &check_pattern));
}

}  // namespace

const KernelTable& regex_kernels() {
  using K = Kind;
  static const KernelTable table = [] {
    KernelTable made;
    constexpr K kText = K::kVarchar;
    add_matches<Matches<false>>(made, "regexp_matches");
    add_matches<Matches<true>>(made, "regexp_full_match");
    auto add = [&](Kernel kernel) { made.push_back(with_pattern(std::move(kernel), &check_pattern)); };
    add(row_kernel<Replace, Text, Text, Text, Text>("regexp_replace", {kText, kText, kText}, kText));
    add(row_kernel<Replace, Text, Text, Text, Text, Text>("regexp_replace", {kText, kText, kText, kText}, kText));
    add(row_kernel<Extract, Text, Text, Text>("regexp_extract", {kText, kText}, kText));
    add(row_kernel<Extract, Text, Text, Text, int32_t>("regexp_extract", {kText, kText, K::kInteger}, kText));
    add(row_kernel<Extract, Text, Text, Text, int32_t, Text>("regexp_extract", {kText, kText, K::kInteger, kText},
                                                             kText));
    auto add_constant = [&](std::string_view name, std::vector<Kind> arguments, K result,
                            void (*run)(const Call&, Answer&)) {
      made.push_back(with_pattern({name, std::move(arguments), result, run}, &check_constant_pattern));
    };
    add_constant("regexp_extract", {kText, kText, K::kList}, K::kStruct, &run_extract_struct);
    add_constant("regexp_extract", {kText, kText, K::kList, kText}, K::kStruct, &run_extract_struct);
    add_constant("regexp_extract_all", {kText, kText}, K::kList, &run_extract_all);
    add_constant("regexp_extract_all", {kText, kText, K::kInteger}, K::kList, &run_extract_all);
    add_constant("regexp_extract_all", {kText, kText, K::kInteger, kText}, K::kList, &run_extract_all);
    for (const char* name : {"regexp_split_to_array", "string_split_regex", "str_split_regex"}) {
      add_constant(name, {kText, kText}, K::kList, &run_split);
      add_constant(name, {kText, kText, kText}, K::kList, &run_split);
    }
    made.push_back(row_kernel<Escape, Text, Text>("regexp_escape", {kText}, kText));
    return made;
  }();
  return table;
}

}  // namespace segue::engine

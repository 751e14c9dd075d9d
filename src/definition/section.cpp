#include "definition/section.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include <fmt/format.h>

#include "base/limits.h"
#include "base/suggestion.h"

namespace segue::definition {
namespace {

std::string_view wanted_of(Shape shape) {
  switch (shape) {
    case Shape::kProse:
    case Shape::kPattern:
    case Shape::kName:
    case Shape::kText:
    case Shape::kSql:
    case Shape::kBytes:
    case Shape::kShare:
    case Shape::kGrowth:
    case Shape::kChoice: return "a text";
    case Shape::kBoolean: return "true or false";
    case Shape::kCount: return "a whole number";
    case Shape::kFlag: return "nothing";
    case Shape::kTexts: return "a text or a list of texts";
    case Shape::kColumns:
    case Shape::kColumnShares:
    case Shape::kColumnTexts:
    case Shape::kMap:
    case Shape::kNamed: return "a map";
    case Shape::kList: return "a list";
  }
  return "a text";
}

// Unquoted text of these spellings means something else elsewhere in YAML.
bool yes_or_no(std::string_view text) {
  std::string_view words[] = {"yes", "no", "on", "off", "Yes", "No", "On", "Off", "0", "1"};
  return std::find(std::begin(words), std::end(words), text) != std::end(words);
}

// `b FROM t` of `{sql: SELECT a, b FROM t}`: to YAML a key in braces, without a colon or a value.
bool rest_in_braces(const Entry& entry) {
  if (entry.value->kind != Node::Kind::kNothing || !entry.value->text.empty() || !entry.key_place.file) return false;
  const std::string& text = entry.key_place.file->text();
  size_t behind = text.find_first_not_of(" \t\r\n", entry.key_place.begin + entry.key_place.length);
  return behind != std::string::npos && (text[behind] == ',' || text[behind] == '}');
}

}  // namespace

std::optional<Section> section_of(const Node& node, const Table& table, std::string owner, Place place,
                                  std::string_view example, Context& context) {
  if (node.kind == Node::Kind::kMap) return Section(node, table, std::move(owner), std::move(place), context);
  bool nothing = node.kind == Node::Kind::kNothing;
  context.mistakes.add(
      nothing ? fmt::format("{} is empty", owner) : fmt::format("{} must be a map, not {}", owner, describe(node)),
      nothing ? place : node.place, example.empty() ? "" : fmt::format("for example `{}`", example));
  return std::nullopt;
}

Section::Section(const Node& node, const Table& table, std::string owner, Place place, Context& context)
    : node_(node), table_(table), owner_(std::move(owner)), place_(std::move(place)), context_(context) {
  SEGUE_ASSERT(node_.kind == Node::Kind::kMap);
  std::vector<std::string_view> names, meant_names;
  for (const Key& key : table_.keys) names.push_back(key.name);
  auto misspelt = [&](std::string_view key) {
    return std::find(meant_names.begin(), meant_names.end(), key) != meant_names.end();
  };
  cut_sql_ = find_cut_sql();
  if (cut_sql_ != nullptr)
    context_.mistakes.add(
        fmt::format("in braces a comma ends the value of `{}`", cut_sql_->key.text()), cut_sql_->value->place,
        fmt::format("put quotes around the SQL, or write it as a block behind `{}: |`", cut_sql_->key.text()));
  for (const Entry& entry : node_.entries) {
    if (table_.find(entry.key.text()) != nullptr) continue;
    unknown_keys_ = true;
    if (cut_sql_ != nullptr && rest_in_braces(entry)) continue;
    // A key that is there, but misspelt, is not missing too.
    if (std::string_view meant = nearest(entry.key.text(), names); !meant.empty()) meant_names.push_back(meant);
    context_.mistakes.add(fmt::format("unknown key `{}` in {}", entry.key.text(), owner_), entry.key_place,
                          suggest(entry.key.text(), names));
  }
  for (const Entry& entry : node_.entries) {
    const Key* key = table_.find(entry.key.text());
    if (key == nullptr || goes_with_choice(*key)) continue;
    context_.mistakes.add(fmt::format("`{}` does not go with `{}: {}`", key->name, table_.chosen_by, chosen()),
                          entry.key_place, fmt::format("leave it out; it is for `{}`", key->only_with));
  }
  // Of keys of which one must be given: while none is, nobody knows what goes with it.
  bool decided = table_.exactly_one.empty() ||
                 std::ranges::any_of(table_.exactly_one, [&](std::string_view key) { return has(key); });
  for (const Entry& entry : node_.entries) {
    const Key* key = table_.find(entry.key.text());
    if (key == nullptr || key->beside.empty() || has(key->beside) || unknown_keys_ || !decided) continue;
    context_.mistakes.add(fmt::format("`{}` goes with `{}` alone", key->name, key->beside), entry.key_place,
                          fmt::format("leave it out; {} has no `{}`", owner_, key->beside));
  }
  for (const Key& key : table_.keys) {
    if (!key.beside.empty() && !has(key.beside)) continue;
    // Where the choice is none, or not known yet, nobody knows what is missing.
    if (!key.only_with.empty() && has(table_.chosen_by) && chosen() != key.only_with) continue;
    if (!key.required || has(key.name) || misspelt(key.name)) continue;
    context_.mistakes.add(fmt::format("{} has no `{}`", owner_, key.name), place_, example(key.name));
  }
  check_combinations();
}

// SQL without quotes that a comma has ended.
const Entry* Section::find_cut_sql() const {
  const Entry* sql = nullptr;
  for (const Entry& entry : node_.entries) {
    if (const Key* key = table_.find(entry.key.text()); key != nullptr) {
      bool plain = entry.value->kind == Node::Kind::kText && !entry.value->quoted;
      sql = key->shape == Shape::kSql && plain ? &entry : nullptr;
    } else if (sql != nullptr && rest_in_braces(entry)) {
      return sql;
    }
  }
  return nullptr;
}

// What the key that chooses says; empty if it is not there, or says nothing that it may.
std::string_view Section::chosen() const {
  const Entry* choice = table_.chosen_by.empty() ? nullptr : entry(table_.chosen_by);
  if (choice == nullptr) return {};
  for (std::string_view allowed : key_of(table_.chosen_by).allowed) {
    if (choice->value->text.text() == allowed) return allowed;
  }
  return {};
}

bool Section::goes_with_choice(const Key& key) const {
  return key.only_with.empty() || chosen().empty() || chosen() == key.only_with;
}

void Section::check_combinations() const {
  auto given = [&](const std::vector<std::string_view>& keys) {
    std::vector<const Entry*> result;
    for (const Entry& entry : node_.entries) {
      if (std::find(keys.begin(), keys.end(), entry.key.text()) != keys.end()) result.push_back(&entry);
    }
    return result;
  };
  auto missing = [&](const std::vector<std::string_view>& keys) {
    std::string either;
    for (size_t i = 0; i < keys.size(); ++i) {
      either += fmt::format("{}`{}`", i == 0 ? "" : i + 1 == keys.size() ? " nor " : ", ", keys[i]);
    }
    context_.mistakes.add(fmt::format("{} has neither {}", owner_, either), place_, example(keys.front()));
  };
  if (!table_.exactly_one.empty()) {
    std::vector<const Entry*> there = given(table_.exactly_one);
    // An unknown key is taken for what was meant to be the one: one mistake, one message.
    if (there.empty() && !unknown_keys_) missing(table_.exactly_one);
    for (size_t i = 1; i < there.size(); ++i) {
      context_.mistakes.add(
          fmt::format("{} has both `{}` and `{}`", owner_, there[0]->key.text(), there[i]->key.text()),
          there[i]->key_place, "keep one of them");
    }
  }
  if (!table_.at_least_one.empty() && given(table_.at_least_one).empty() && !unknown_keys_)
    missing(table_.at_least_one);
}

const Key& Section::key_of(std::string_view key) const {
  const Key* found = table_.find(key);
  SEGUE_ASSERT(found != nullptr);
  return *found;
}

std::string Section::example(std::string_view key) const {
  const Key& found = key_of(key);
  if (!found.allowed.empty() && found.table == nullptr) {
    return fmt::format("write `{}: {}`{}", key, found.allowed.front(),
                       found.allowed.size() > 1 ? fmt::format("; allowed: {}", quoted_list(found.allowed)) : "");
  }
  return found.example.empty() ? fmt::format("write `{}:`", key)
                               : fmt::format("for example `{}: {}`", key, found.example);
}

const Entry* Section::entry(std::string_view key) const {
  SEGUE_ASSERT(table_.find(key) != nullptr);
  auto found = std::find_if(node_.entries.begin(), node_.entries.end(),
                            [&](const Entry& each) { return each.key.text() == key; });
  return found == node_.entries.end() ? nullptr : &*found;
}

const Node* Section::node_of(std::string_view key, Node::Kind kind, std::string_view wanted) const {
  const Entry* found = entry(key);
  if (found == nullptr) return nullptr;
  const Node& node = *found->value;
  if (node.kind == kind) return &node;
  if (node.kind == Node::Kind::kNothing) {
    context_.mistakes.add(fmt::format("`{}` has no value", key), found->key_place,
                          node.text.empty()
                              ? example(key)
                              : fmt::format("put quotes around `{}` if the text is meant", node.text.text()));
  } else {
    context_.mistakes.add(fmt::format("`{}` must be {}, not {}", key, wanted, describe(node)), node.place,
                          example(key));
  }
  return nullptr;
}

std::optional<Filled> Section::text(std::string_view key) const {
  Shape shape = key_of(key).shape;
  const Node* node = node_of(key, Node::Kind::kText, wanted_of(shape));
  if (node == nullptr) return std::nullopt;
  if (shape == Shape::kProse || shape == Shape::kName || shape == Shape::kPattern)
    return Filled{node->text.text(), node->place, true};
  return context_.variables.fill(node->text, node->place, context_.mistakes);
}

std::optional<LocatedText> Section::sql(std::string_view key) const {
  const Node* node = node_of(key, Node::Kind::kText, wanted_of(key_of(key).shape));
  if (node == nullptr || entry(key) == cut_sql_) return std::nullopt;
  if (node->text.text().find_first_not_of(" \t\r\n") != std::string::npos) return node->text;
  context_.mistakes.add(fmt::format("`{}` is empty", key), entry(key)->key_place, example(key));
  return std::nullopt;
}

std::optional<bool> Section::boolean(std::string_view key) const {
  std::optional<Filled> filled = text(key);
  if (!filled || !filled->known) return std::nullopt;
  for (std::string_view yes : {"true", "True", "TRUE"}) {
    if (filled->text == yes) return true;
  }
  for (std::string_view no : {"false", "False", "FALSE"}) {
    if (filled->text == no) return false;
  }
  context_.mistakes.add(fmt::format("`{}` must be true or false, not `{}`", key, filled->text), filled->place,
                        yes_or_no(filled->text) ? "only these two words are read as such" : example(key));
  return std::nullopt;
}

std::optional<uint64_t> Section::count(std::string_view key) const {
  std::optional<Filled> filled = text(key);
  if (!filled || !filled->known) return std::nullopt;
  uint64_t value = 0;
  const char* end = filled->text.data() + filled->text.size();
  auto [rest, problem] = std::from_chars(filled->text.data(), end, value);
  if (problem == std::errc{} && rest == end && value <= uint64_t{INT64_MAX}) return value;
  context_.mistakes.add(fmt::format("`{}` must be a whole number from 0 on, not `{}`", key, filled->text),
                        filled->place, example(key));
  return std::nullopt;
}

std::optional<double> Section::share_of(std::string_view key, const Filled& filled, bool whole_most) const {
  std::string_view text = filled.text;
  bool percent = text.ends_with('%');
  if (percent) text.remove_suffix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  double value = 0;
  const char* end = text.data() + text.size();
  auto [rest, problem] = std::from_chars(text.data(), end, value, std::chars_format::fixed);
  if (percent && problem == std::errc{} && rest == end && value >= 0 && (!whole_most || value <= 100))
    return value / 100;
  context_.mistakes.add(
      fmt::format("`{}` must be a percentage from 0%{}, not `{}`", key, whole_most ? " to 100%" : " on", filled.text),
      filled.place, example(key));
  return std::nullopt;
}

std::optional<double> Section::share(std::string_view key) const {
  std::optional<Filled> filled = text(key);
  if (!filled || !filled->known) return std::nullopt;
  return share_of(key, *filled, key_of(key).shape == Shape::kShare);
}

std::vector<std::pair<Filled, double>> Section::column_shares(std::string_view key) const {
  std::vector<std::pair<Filled, double>> shares;
  const std::vector<Entry>* entries = named(key);
  if (entries == nullptr) return shares;
  for (const Entry& entry : *entries) {
    const Node& node = *entry.value;
    if (node.kind != Node::Kind::kText) {
      context_.mistakes.add(
          fmt::format("`{}` of `{}` must be a percentage, not {}", key, entry.key.text(), describe(node)),
          node.kind == Node::Kind::kNothing ? entry.key_place : node.place, example(key));
      continue;
    }
    Filled filled = context_.variables.fill(node.text, node.place, context_.mistakes);
    if (!filled.known) continue;
    if (std::optional<double> share = share_of(key, filled, true))
      shares.emplace_back(Filled{entry.key.text(), entry.key_place, true}, *share);
  }
  return shares;
}

std::vector<std::pair<Filled, std::string>> Section::column_texts(std::string_view key) const {
  std::vector<std::pair<Filled, std::string>> texts;
  const std::vector<Entry>* entries = named(key);
  if (entries == nullptr) return texts;
  for (const Entry& entry : *entries) {
    const Node& node = *entry.value;
    if (node.kind == Node::Kind::kText) {
      texts.emplace_back(Filled{entry.key.text(), entry.key_place, true}, node.text.text());
      continue;
    }
    context_.mistakes.add(fmt::format("`{}` of `{}` must be a text, not {}", key, entry.key.text(), describe(node)),
                          node.kind == Node::Kind::kNothing ? entry.key_place : node.place, example(key));
  }
  return texts;
}

bool Section::flag(std::string_view key) const {
  const Entry* found = entry(key);
  if (found == nullptr) return false;
  if (found->value->kind != Node::Kind::kNothing) {
    context_.mistakes.add(fmt::format("`{}` has no value here, it just stands there", key), found->value->place,
                          "write nothing behind it");
  }
  return true;
}

std::optional<std::vector<Filled>> Section::texts(std::string_view key) const {
  const Entry* found = entry(key);
  if (found == nullptr) return std::nullopt;
  const Node& node = *found->value;
  std::vector<NodePtr> items;
  // Among names and spellings an unquoted NULL is a word like others.
  auto is_word = [](const Node& each) { return each.kind == Node::Kind::kText || !each.text.empty(); };
  if (is_word(node)) {
    items.push_back(found->value);
  } else if (node_of(key, Node::Kind::kList, wanted_of(Shape::kTexts)) != nullptr) {
    items = node.items;
    if (items.empty()) {
      context_.mistakes.add(fmt::format("`{}` is an empty list", key), node.place, example(key));
      return std::nullopt;
    }
  } else {
    return std::nullopt;
  }
  std::vector<Filled> result;
  for (const NodePtr& item : items) {
    if (!is_word(*item)) {
      context_.mistakes.add(fmt::format("`{}` must be a list of texts, one of them is {}", key, describe(*item)),
                            item->place, example(key));
      continue;
    }
    Filled filled = context_.variables.fill(item->text, item->place, context_.mistakes);
    if (filled.known) result.push_back(std::move(filled));
  }
  return result;
}

std::optional<std::string> Section::allowed_text(std::string_view key, size_t choices) const {
  const Key& found = key_of(key);
  SEGUE_ASSERT(found.allowed.size() == choices);
  std::optional<Filled> filled = text(key);
  if (!filled || !filled->known) return std::nullopt;
  if (std::find(found.allowed.begin(), found.allowed.end(), filled->text) != found.allowed.end()) return filled->text;
  context_.mistakes.add(fmt::format("`{}` cannot be `{}`", key, filled->text), filled->place,
                        suggest(filled->text, found.allowed));
  return std::nullopt;
}

std::optional<Section> Section::map(std::string_view key) const {
  const Key& found = key_of(key);
  SEGUE_ASSERT(found.table != nullptr);
  const Node* node = node_of(key, Node::Kind::kMap, "a map");
  if (node == nullptr) return std::nullopt;
  return Section(*node, *found.table, fmt::format("`{}`", key), entry(key)->key_place, context_);
}

const std::vector<Entry>* Section::named(std::string_view key) const {
  const Node* node = node_of(key, Node::Kind::kMap, "a map");
  if (node == nullptr) return nullptr;
  if (node->entries.empty()) {
    context_.mistakes.add(fmt::format("`{}` is an empty map", key), entry(key)->key_place, example(key));
    return nullptr;
  }
  return &node->entries;
}

const std::vector<NodePtr>* Section::list(std::string_view key) const {
  const Node* node = node_of(key, Node::Kind::kList, "a list");
  if (node == nullptr) return nullptr;
  if (node->items.empty())
    context_.mistakes.add(fmt::format("`{}` is an empty list", key), entry(key)->key_place, example(key));
  return &node->items;
}

}  // namespace segue::definition

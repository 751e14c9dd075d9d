#include "crawl/edit.h"

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "base/error.h"
#include "crawl/evidence.h"
#include "crawl/yaml_text.h"
#include "definition/yaml.h"

namespace segue::crawl {
namespace {

using definition::Entry;
using definition::Node;
using definition::NodePtr;
using definition::TextFilePtr;

NodePtr parse(const TextFilePtr& file) {
  std::vector<Error> mistakes;
  NodePtr root = definition::parse_yaml(file, mistakes);
  if (!mistakes.empty()) throw Failure(std::move(mistakes));
  return root;
}

[[noreturn]] void refuse(std::string message, Place place, std::string hint) {
  throw Failure(Error(ErrorCode::kDefinition, std::move(message), std::move(place), std::move(hint)));
}

const Entry* find(const Node& map, std::string_view key) {
  for (const Entry& entry : map.entries)
    if (entry.key.text() == key) return &entry;
  return nullptr;
}

// What a node says, whatever its layout; where `replaced` has an entry for its path, that.
std::string content(const Node& node, const std::string& path, const std::map<std::string, std::string>& replaced) {
  if (auto found = replaced.find(path); found != replaced.end()) return fmt::format("text({})", found->second);
  switch (node.kind) {
    case Node::Kind::kNothing: return "nothing";
    case Node::Kind::kText: return fmt::format("text({})", node.text.text());
    case Node::Kind::kList: {
      std::string text = "list(";
      for (size_t i = 0; i < node.items.size(); ++i)
        text += content(*node.items[i], fmt::format("{}\n{}", path, i), replaced);
      return text + ")";
    }
    case Node::Kind::kMap: break;
  }
  std::string text = "map(";
  for (const Entry& entry : node.entries)
    text += fmt::format("{}: {}\n", entry.key.text(), content(*entry.value, path + "\n" + entry.key.text(), replaced));
  return text + ")";
}

bool flow(const std::string& text, const Node& map) {
  return map.place.begin < text.size() && text[map.place.begin] == '{';
}

size_t line_begin(const std::string& text, size_t at) {
  size_t end = at == 0 ? std::string::npos : text.rfind('\n', at - 1);
  return end == std::string::npos ? 0 : end + 1;
}

// From the begin of a line up over blank lines and comments in the first column, which belong to what follows.
size_t above_comments(const std::string& text, size_t line) {
  while (line != 0) {
    size_t before = line_begin(text, line - 1);
    std::string_view content = std::string_view(text).substr(before, line - 1 - before);
    bool blank = content.find_first_not_of(" \t\r") == std::string_view::npos;
    if (!blank && !content.starts_with('#')) break;
    line = before;
  }
  return line;
}

// Puts whole lines in front of byte `at`, which begins a line or is the end.
std::string inserted(const std::string& text, size_t at, std::string lines) {
  size_t end = text.find('\n');
  if (end != std::string::npos && end != 0 && text[end - 1] == '\r') {
    std::string with_returns;
    for (char c : lines) with_returns += c == '\n' ? "\r\n" : std::string(1, c);
    lines = std::move(with_returns);
  }
  if (at != 0 && text[at - 1] != '\n') lines = "\n" + lines;
  return text.substr(0, at) + lines + text.substr(at);
}

}  // namespace

std::string with_source(const TextFilePtr& file, const definition::Source& source, std::string_view path) {
  const std::string& text = file->text();
  NodePtr root = parse(file);
  if (root->kind != Node::Kind::kMap || flow(text, *root))
    refuse("the file is no map of keys, one a line", root->place, "write it so, or put the source in by hand");
  const Entry* sources = find(*root, "sources");
  bool some = sources != nullptr && sources->value->kind == Node::Kind::kMap && !sources->value->entries.empty();
  if (sources != nullptr && !some && sources->value->kind != Node::Kind::kNothing)
    refuse("`sources` is no map of names", sources->key_place, "put the source in by hand");
  if (some && flow(text, *sources->value))
    refuse("`sources` is written in braces, where nothing can be added without changing its layout",
           sources->value->place, "write one source a line, or put this one in by hand");
  if (some && find(*sources->value, source.name) != nullptr)
    refuse(fmt::format("there is a source `{}` already", source.name), find(*sources->value, source.name)->key_place,
           "give the new one another name: `--name`");
  size_t indent = 2;
  if (some) {
    size_t key = sources->value->entries.front().key_place.begin;
    indent = key - line_begin(text, key);
  }
  std::string lines = source_entry(source, path, indent);
  size_t at = text.size();
  if (sources != nullptr) {
    for (const Entry& entry : root->entries) {
      if (entry.key_place.begin > sources->key_place.begin) at = std::min(at, line_begin(text, entry.key_place.begin));
    }
    at = above_comments(text, at);
  } else {
    const Entry* steps = find(*root, "steps");
    lines = "sources:\n" + lines;
    at = above_comments(text, steps != nullptr ? line_begin(text, steps->key_place.begin) : at);
    if (steps != nullptr) lines = (at != 0 ? "\n" : "") + lines;
  }
  std::string result = inserted(text, at, lines);

  // What it says now is what it said, and the source.
  NodePtr now = parse(std::make_shared<definition::TextFile>(file->name(), result));
  auto without = [&](const Node& node, bool drop_all) {
    std::string said;
    for (const Entry& entry : node.entries) {
      if (entry.key.text() != "sources") {
        said += fmt::format("{}: {}\n", entry.key.text(), content(*entry.value, "", {}));
        continue;
      }
      for (const Entry& each : entry.value->entries)
        if (!drop_all || each.key.text() != source.name)
          said += fmt::format("source {}: {}\n", each.key.text(), content(*each.value, "", {}));
    }
    return said;
  };
  const Entry* added = now->kind == Node::Kind::kMap ? find(*now, "sources") : nullptr;
  if (added == nullptr || find(*added->value, source.name) == nullptr || without(*now, true) != without(*root, false))
    refuse("the source can't be added without changing what else the file says", {file->name(), 0, 0, 0},
           "put it in by hand");
  return result;
}

std::string with_types(const TextFilePtr& file, const std::string& source, const std::vector<Field>& types) {
  NodePtr root = parse(file);
  const Entry* sources = find(*root, "sources");
  const Entry* entry = sources != nullptr ? find(*sources->value, source) : nullptr;
  const Entry* columns = entry != nullptr ? find(*entry->value, "columns") : nullptr;
  if (columns == nullptr) refuse(fmt::format("source `{}` has no `columns`", source), root->place, "");
  struct Edit {
    size_t begin, length;
    std::string text;
  };
  std::vector<Edit> edits;
  std::map<std::string, std::string> replaced;
  for (const Field& field : types) {
    const Entry* column = find(*columns->value, field.name);
    if (column == nullptr || column->value->kind != Node::Kind::kText)
      refuse(fmt::format("column `{}` is not written there", field.name), columns->key_place, "change it by hand");
    std::string type = type_text(field.type);
    edits.push_back({column->value->place.begin, column->value->place.length, yaml_value(type)});
    replaced[fmt::format("\nsources\n{}\ncolumns\n{}", source, field.name)] = type;
  }
  std::ranges::sort(edits, std::greater(), &Edit::begin);
  std::string result = file->text();
  for (const Edit& edit : edits) result.replace(edit.begin, edit.length, edit.text);
  NodePtr now = parse(std::make_shared<definition::TextFile>(file->name(), result));
  // An alias would have changed elsewhere too.
  if (content(*now, "", {}) != content(*root, "", replaced))
    refuse("the types can't be changed without changing what else the file says", columns->key_place,
           "change them by hand");
  return result;
}

}  // namespace segue::crawl

// One map of a definition, read by its table of keys.
//
// Making a Section finds unknown keys (did you mean …?), missing ones, and those that exclude each other. Its getters
// check the shape that the table states, fill variables, and add what is wrong to the mistakes; then they return
// nothing, as for a key that is not there. So whoever reads a section states each key's meaning once, and needs no word
// about shapes.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "definition/keys.h"
#include "definition/mistakes.h"
#include "definition/variables.h"
#include "definition/yaml.h"

namespace segue::definition {

// What reading a file needs everywhere. All outlive the Sections.
struct Context {
  Mistakes& mistakes;
  const Variables& variables;
};

template <class T>
struct Choice {
  std::string_view name;
  T value;
};

class Section {
 public:
  // owner: "source `plays`", for messages; place: what to point at where a key is missing. REQUIRES: node.kind == kMap;
  // node and table outlive the Section.
  Section(const Node& node, const Table& table, std::string owner, Place place, Context& context);

  const std::string& owner() const { return owner_; }
  const Place& place() const { return place_; }
  Context& context() const { return context_; }

  // The entry of a key, if it is there; nothing is checked. REQUIRES: the table has the key (so do all getters).
  const Entry* entry(std::string_view key) const;
  bool has(std::string_view key) const { return entry(key) != nullptr; }

  // kText, kBytes: filled. kProse, kName, kPattern: as it stands.
  std::optional<Filled> text(std::string_view key) const;
  // kSql. Not filled.
  std::optional<LocatedText> sql(std::string_view key) const;
  std::optional<bool> boolean(std::string_view key) const;
  std::optional<uint64_t> count(std::string_view key) const;
  // kShare, kGrowth: 0.01 for `1%`.
  std::optional<double> share(std::string_view key) const;
  // kColumnShares: each with its share.
  std::vector<std::pair<Filled, double>> column_shares(std::string_view key) const;
  // kColumnTexts: each with its text, as it stands.
  std::vector<std::pair<Filled, std::string>> column_texts(std::string_view key) const;
  // True if the flag is there.
  bool flag(std::string_view key) const;
  // kTexts, at least one; each filled, unknown ones left out.
  std::optional<std::vector<Filled>> texts(std::string_view key) const;

  // REQUIRES: choices name exactly what the table allows.
  template <class T>
  std::optional<T> choice(std::string_view key, std::span<const Choice<T>> choices) const {
    std::optional<std::string> name = allowed_text(key, choices.size());
    if (!name) return std::nullopt;
    for (const Choice<T>& each : choices) {
      if (each.name == *name) return each.value;
    }
    SEGUE_ASSERT(!"the choices are those of the table");
    return std::nullopt;
  }

  // kMap, and kChoice given as a map.
  std::optional<Section> map(std::string_view key) const;
  // kNamed, kColumns and the like: the entries, as they stand. At least one.
  const std::vector<Entry>* named(std::string_view key) const;
  // kList: the items, as they stand.
  const std::vector<NodePtr>* list(std::string_view key) const;

  // "for example `gap: 20 minutes`", of a key.
  std::string example(std::string_view key) const;

 private:
  std::optional<double> share_of(std::string_view key, const Filled& filled, bool whole_most) const;
  const Key& key_of(std::string_view key) const;
  // The node of a key, if it is there and of that kind; else nothing, and a mistake if it is of another.
  const Node* node_of(std::string_view key, Node::Kind kind, std::string_view wanted) const;
  std::optional<std::string> allowed_text(std::string_view key, size_t choices) const;
  void check_combinations() const;
  const Entry* find_cut_sql() const;
  std::string_view chosen() const;
  bool goes_with_choice(const Key& key) const;

  const Node& node_;
  const Table& table_;
  std::string owner_;
  Place place_;
  Context& context_;
  bool unknown_keys_ = false;
  const Entry* cut_sql_ = nullptr;  // whose rest stands as keys
};

// A node that must be a map, as a Section; nothing, and a mistake, if it is something else. place: what to point at if
// it is nothing.
std::optional<Section> section_of(const Node& node, const Table& table, std::string owner, Place place,
                                  std::string_view example, Context& context);

}  // namespace segue::definition

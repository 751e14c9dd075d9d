// YAML as a tree with places, by yaml-cpp's events.
//
// What a definition does not need is refused here, located: tags, several documents, keys that are no text, a key given
// twice. Aliases share the node that they name. Bounded by limits::kDefinitionBytes, kDefinitionNesting and
// kDefinitionValues.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/error.h"
#include "definition/located_text.h"

namespace segue::definition {

struct Node;
using NodePtr = std::shared_ptr<const Node>;

struct Entry {
  LocatedText key;
  Spot key_place;
  NodePtr value;  // never null
};

struct Node {
  enum class Kind { kNothing, kText, kList, kMap };
  Kind kind = Kind::kNothing;
  LocatedText text;            // kText; kNothing: how it is written (`null`, `~`), or empty
  bool quoted = false;         // kText: quotes or a block
  std::vector<NodePtr> items;  // kList
  std::vector<Entry> entries;  // kMap; keys are unique, but for those that end in a lone `)`
  Spot place;                  // of a text all of it on its first line; of nothing the key that has no value
};

// "a text", "a list", "a map", "nothing".
std::string describe(const Node& node);

// Null if the file is no YAML. Adds what is wrong to `mistakes`; a node comes back although some of it was.
NodePtr parse_yaml(const TextFilePtr& file, std::vector<Error>& mistakes);

// Reads a file that a person wrote: UTF-8, no control characters, at most limits::kDefinitionBytes; a byte order mark
// is left out. Null if it cannot be used: then one mistake was added, without a place if it is about the file as a
// whole. name: as messages show it.
TextFilePtr read_text_file(const std::string& path, const std::string& name, std::vector<Error>& mistakes);

}  // namespace segue::definition

#include "definition/yaml.h"

#include <algorithm>
#include <istream>
#include <streambuf>
#include <unordered_map>
#include <utility>

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include "base/limits.h"
#include "base/utf8.h"
#include "definition/align.h"

namespace segue::definition {
namespace {

// Builds the tree from the events. Throws Failure where going on makes no sense.
class Builder : public YAML::EventHandler {
 public:
  Builder(TextFilePtr file, std::vector<Error>& mistakes) : file_(std::move(file)), mistakes_(mistakes) {}

  NodePtr root() const { return root_; }

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    size_t begin = skip_properties(file_->text(), offset(mark));
    auto node = std::make_shared<Node>();
    std::string_view rest = std::string_view(file_->text()).substr(begin);
    for (std::string_view word : {"null", "Null", "NULL", "~"}) {
      if (rest.starts_with(word)) node->text = LocatedText(std::string(word), file_, {{0, begin, false}});
    }
    bool is_key = !open_.empty() && open_.back().node->kind == Node::Kind::kMap && !open_.back().key_waiting;
    if (is_key && node->text.text() == "null") {  // one of our keys, which means its name
      node->kind = Node::Kind::kText;
      node->place = spot(begin, node->text.text().size());
    } else if (key_waiting()) {
      node->place = open_.back().key_place;
    } else {
      // An item of a list that is not there: yaml-cpp stands at what comes next, its `-` or `,` stands before.
      size_t sign = begin == 0 ? std::string::npos : file_->text().find_last_not_of(" \t\r\n", begin - 1);
      node->place = spot(sign == std::string::npos ? begin : sign);
    }
    add(std::move(node), anchor, 1);
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    size_t begin = skip_properties(file_->text(), offset(mark));
    refuse_tag(tag, mark);
    Alignment alignment = align_scalar(file_->text(), begin, value);
    auto node = std::make_shared<Node>();
    node->kind = Node::Kind::kText;
    node->quoted = tag == "!";
    node->text = LocatedText(value, file_, std::move(alignment.runs));
    node->place = spot(begin, alignment.end - begin);
    if (invalid_utf8(value) != std::string::npos) {  // yaml-cpp makes single bytes of these two
      mistakes_.push_back({ErrorCode::kDefinition, "the escapes `\\N` and `\\_` are not read", node->place,
                           "write `\\u0085` or `\\u00a0`"});
    }
    add(std::move(node), anchor, 1);
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    auto found = anchors_.find(anchor);
    if (found == anchors_.end()) {
      stop("an alias stands inside what it names", file_->place(offset(mark)), "write the value out");
    }
    add(found->second.node, 0, found->second.values, offset(mark));
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(Node::Kind::kList, mark, tag, anchor);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open(Node::Kind::kMap, mark, tag, anchor);
  }
  void OnMapEnd() override { close(); }

 private:
  struct Open {
    std::shared_ptr<Node> node;
    YAML::anchor_t anchor = 0;
    size_t values = 1;  // in it, aliases unfolded
    // Of a map between a key and its value:
    bool key_waiting = false;
    LocatedText key;
    Spot key_place;
    std::unordered_map<std::string, Spot> keys;  // so far
  };
  struct Anchored {
    NodePtr node;
    size_t values = 0;
  };

  size_t offset(const YAML::Mark& mark) const { return mark.pos < 0 ? 0 : static_cast<size_t>(mark.pos); }
  Spot spot(size_t begin, size_t length = 0) const { return {file_, begin, length}; }
  bool key_waiting() const { return !open_.empty() && open_.back().key_waiting; }

  [[noreturn]] void stop(std::string message, Place place, std::string hint) {
    throw Failure(Error{ErrorCode::kDefinition, std::move(message), std::move(place), std::move(hint)});
  }

  void refuse_tag(const std::string& tag, const YAML::Mark& mark) {
    if (tag.empty() || tag == "?" || tag == "!") return;
    mistakes_.push_back({ErrorCode::kDefinition, fmt::format("tags such as `{}` are not read", tag),
                         file_->place(offset(mark)), "leave the tag out; put quotes around what is to be a text"});
  }

  void open(Node::Kind kind, const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor) {
    size_t begin = skip_properties(file_->text(), offset(mark));
    refuse_tag(tag, mark);
    if (open_.size() == limits::kDefinitionNesting) {
      stop(fmt::format("more than {} lists and maps inside each other", limits::kDefinitionNesting),
           file_->place(begin), "a definition needs no more than 6");
    }
    Open opened;
    opened.node = std::make_shared<Node>();
    opened.node->kind = kind;
    opened.node->place = spot(begin);
    opened.anchor = anchor;
    open_.push_back(std::move(opened));
  }

  void close() {
    Open closed = std::move(open_.back());
    open_.pop_back();
    add(std::move(closed.node), closed.anchor, closed.values);
  }

  // Hangs a finished node into the innermost open one. alias: where the alias stands, if that is what brings the node.
  void add(NodePtr node, YAML::anchor_t anchor, size_t values, size_t alias = std::string::npos) {
    if (anchor != 0) anchors_[anchor] = {node, values};
    if (open_.empty()) {
      root_ = std::move(node);
      return;
    }
    Open& parent = open_.back();
    parent.values += values;
    size_t in_all = 0;
    for (const Open& open : open_) in_all += open.values;
    if (in_all > limits::kDefinitionValues) {
      stop(fmt::format("more than {} values in one file, aliases unfolded", limits::kDefinitionValues),
           alias == std::string::npos ? node->place.place() : file_->place(alias), "split the pipeline into several");
    }
    if (parent.node->kind == Node::Kind::kList) {
      parent.node->items.push_back(std::move(node));
    } else if (!parent.key_waiting) {
      take_key(parent, *node);
    } else {
      parent.key_waiting = false;
      if (!parent.key.file()) return;  // its key was no good
      parent.node->entries.push_back({std::move(parent.key), parent.key_place, std::move(node)});
    }
  }

  void take_key(Open& parent, const Node& key) {
    parent.key_waiting = true;
    parent.key = LocatedText();
    parent.key_place = key.place;
    if (key.kind != Node::Kind::kText) {
      mistakes_.push_back(
          {ErrorCode::kDefinition, fmt::format("a key must be a text, not {}", describe(key)), key.place, ""});
      return;
    }
    auto [first, fresh] = parent.keys.emplace(key.text.text(), key.place);
    // What `{a: decimal(10,2), b: decimal(12,2)}` leaves over is no key, and is complained about where types are read.
    bool rest_of_type = key.text.text().ends_with(')') && key.text.text().find('(') == std::string::npos;
    if (!fresh && !rest_of_type) {
      mistakes_.push_back({ErrorCode::kDefinition, fmt::format("`{}` is given twice", key.text.text()), key.place,
                           fmt::format("the first one is in line {}; remove one of them", first->second.place().line)});
      return;
    }
    parent.key = key.text;
  }

  TextFilePtr file_;
  std::vector<Error>& mistakes_;
  NodePtr root_;
  std::vector<Open> open_;
  std::unordered_map<YAML::anchor_t, Anchored> anchors_;
};

// Where something begins, and whether it does.
struct FirstEvent : YAML::EventHandler {
  size_t offset = 0;
  bool there = false;

  void see(const YAML::Mark& mark) {
    if (there) return;
    there = true;
    offset = mark.pos < 0 ? 0 : static_cast<size_t>(mark.pos);
  }
  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t) override { see(mark); }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override { see(mark); }
  void OnScalar(const YAML::Mark& mark, const std::string&, YAML::anchor_t, const std::string&) override { see(mark); }
  void OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t, YAML::EmitterStyle::value) override {
    see(mark);
  }
  void OnSequenceEnd() override {}
  void OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t, YAML::EmitterStyle::value) override {
    see(mark);
  }
  void OnMapEnd() override {}
};

// yaml-cpp reads a stream; this one reads the text in place.
class ViewBuffer : public std::streambuf {
 public:
  explicit ViewBuffer(const std::string& text) {
    char* begin = const_cast<char*>(text.data());  // streambuf's interface; nothing writes
    setg(begin, begin, begin + text.size());
  }
};

struct Translation {
  std::string_view theirs;  // how yaml-cpp's message begins
  std::string_view message;
  std::string_view hint;
};

// yaml-cpp's messages in words of what the writer sees.
constexpr Translation kTranslations[] = {
    {"illegal map value", "a `:` does not belong here",
     "put quotes around a text that holds `: `, or write it as a block behind `|`; else look at the indentation of "
     "this line and the one above"},
    {"end of map not found", "this line does not fit those above it",
     "keys of one map begin in the same column; a value ends with its line unless it is quoted or a block"},
    {"end of sequence not found", "this line does not fit the list above it",
     "items of one list begin with `- ` in the same column"},
    {"end of map flow not found", "a `{` is not closed by `}`, or a `,` is missing",
     "write `{key: value, key: value}`, with quotes around a value that holds a comma, a bracket or a quote"},
    {"end of sequence flow not found", "a `[` is not closed by `]`, or a `,` is missing", "write `[one, two]`"},
    {"illegal flow end", "this bracket closes nothing", "remove it, or put quotes around the text"},
    {"illegal block entry", "a list cannot begin here", "begin it on a line of its own, or write `[one, two]`"},
    {"illegal map key", "a `?` does not belong here", "put quotes around a text that begins with `?`"},
    {"illegal EOF in scalar", "a quote is not closed before the file ends",
     "close it, or write the text as a block behind `|`"},
    {"illegal document indicator in scalar", "a quote is not closed before the document ends", "close it"},
    {"illegal tab when looking for indentation", "a tab cannot indent", "indent by spaces"},
    {"unknown escape character", "an unknown escape in a text in double quotes",
     "a backslash is written `\\\\` there, or use single quotes, in which it is an ordinary letter"},
    {"invalid unicode", "an escape that is no character",
     "characters go up to `\\U0010ffff`, without `\\ud800` to `\\udfff`"},
    {"bad character found while scanning hex number", "an escape needs more hexadecimal digits",
     "write two behind `\\x`, four behind `\\u`, eight behind `\\U`"},
    {"unknown token", "a text cannot begin with this character", "put quotes around it"},
    {"the referenced anchor is not defined", "this alias names no anchor above it",
     "put quotes around a text that begins with `*`; `&name` sets an anchor"},
    {"alias not found after *", "a `*` without a name", "put quotes around a text that begins with `*`"},
    {"anchor not found after &", "a `&` without a name", "put quotes around a text that begins with `&`"},
    {"unexpected character in block scalar", "behind `|` or `>` the line must end",
     "begin the text on the next line, indented"},
};

Error syntax_error(const TextFile& file, const YAML::Exception& exception) {
  Error error(ErrorCode::kDefinition, fmt::format("the file is no YAML: {}", exception.msg));
  for (const Translation& translation : kTranslations) {
    if (!std::string_view(exception.msg).starts_with(translation.theirs)) continue;
    error.message = translation.message;
    error.hint = translation.hint;
    break;
  }
  size_t offset = exception.mark.pos < 0 ? 0 : static_cast<size_t>(exception.mark.pos);
  // A tab in front of a line counts as nothing for yaml-cpp, and leads it to complain about what comes later in the
  // line.
  size_t line = offset == 0 ? std::string::npos : file.text().rfind('\n', std::min(offset, file.text().size()) - 1);
  line = line == std::string::npos ? 0 : line + 1;
  size_t tab = file.text().find_first_not_of(' ', line);
  if (tab != std::string::npos && file.text()[tab] == '\t') {
    error.message = "a tab cannot indent";
    error.hint = "indent by spaces";
    offset = tab;
  }
  // Past the last byte there is nothing to show: show the last word.
  if (offset >= file.text().size()) {
    size_t last = file.text().find_last_not_of(" \t\r\n");
    offset = last == std::string::npos ? 0 : last;
  }
  error.place = file.place(offset, 1);
  return error;
}

}  // namespace

std::string describe(const Node& node) {
  switch (node.kind) {
    case Node::Kind::kNothing: return "nothing";
    case Node::Kind::kText: return "a text";
    case Node::Kind::kList: return "a list";
    case Node::Kind::kMap: return "a map";
  }
  return "nothing";
}

NodePtr parse_yaml(const TextFilePtr& file, std::vector<Error>& mistakes) {
  ViewBuffer buffer(file->text());
  std::istream stream(&buffer);
  Builder builder(file, mistakes);
  try {
    YAML::Parser parser(stream);
    if (!parser.HandleNextDocument(builder)) {
      auto empty = std::make_shared<Node>();
      empty->place = Spot{file, 0, 0};
      return empty;
    }
    // Only whether something follows matters, and where. One call is enough, and more could go on for ever: of a stray
    // comma yaml-cpp makes an empty document, and another one, without reading on.
    FirstEvent next;
    if (parser.HandleNextDocument(next) && next.there) {
      size_t begin = next.offset;
      size_t before = begin == 0 ? std::string::npos : file->text().find_last_not_of(" \t\r\n", begin - 1);
      bool document = before != std::string::npos && before >= 2 && file->text().compare(before - 2, 3, "---") == 0;
      mistakes.push_back(
          {ErrorCode::kDefinition,
           document ? "a second document begins here" : "this does not fit what stands above it", file->place(begin, 1),
           document ? "a definition is one document: remove the `---`"
                    : "bring this line's indentation in line with those above, or put quotes around the text"});
      if (builder.root()->kind == Node::Kind::kNothing)
        return nullptr;  // then this is what is wrong with the first one, too
    }
  } catch (const YAML::Exception& exception) {
    mistakes.push_back(syntax_error(*file, exception));
    return nullptr;
  } catch (const Failure& failure) {
    mistakes.insert(mistakes.end(), failure.errors().begin(), failure.errors().end());
    return nullptr;
  }
  return builder.root();
}

}  // namespace segue::definition

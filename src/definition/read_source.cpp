#include <algorithm>
#include <cctype>
#include <charconv>
#include <string_view>
#include <unordered_map>

#include <fmt/format.h>

#include "base/ascii.h"
#include "base/limits.h"
#include "base/suggestion.h"
#include "definition/names.h"
#include "definition/paths.h"
#include "definition/readers.h"

namespace segue::definition {
namespace {

constexpr Choice<FormatType> kFormatTypes[] = {{"delimited", FormatType::kDelimited},
                                               {"json_lines", FormatType::kJsonLines},
                                               {"json", FormatType::kJson},
                                               {"parquet", FormatType::kParquet}};

constexpr size_t kMostDelimiter = 8;  // characters

constexpr char kNoQuote = '\0';
constexpr Choice<char> kQuotes[] = {{"none", kNoQuote}, {"\"", '"'}, {"'", '\''}};

constexpr Choice<Encoding> kEncodings[] = {{"utf-8", Encoding::kUtf8}, {"latin1", Encoding::kLatin1}};

constexpr Choice<bool> kBadRows[] = {{"fail", false}, {"quarantine", true}};

// Names of types for "did you mean": what a value of a delimited file, and of most JSON, can be.
constexpr std::string_view kTypeNames[] = {"varchar", "bigint",        "integer", "smallint", "tinyint",  "double",
                                           "float",   "decimal(10,2)", "boolean", "date",     "timestamp"};

std::optional<std::string> read_delimiter(const Section& format) {
  std::optional<Filled> filled = format.text("delimiter");
  if (!filled || !filled->known) return std::nullopt;
  const std::string& text = filled->text;
  auto refuse = [&](std::string message, std::string hint) {
    format.context().mistakes.add(std::move(message), filled->place, std::move(hint));
    return std::nullopt;
  };
  auto ascii = [](unsigned char c) { return c < 0x80; };
  auto word = [](unsigned char c) { return std::isalnum(c) != 0; };
  if (text == "\\t")
    return refuse("`delimiter` is a backslash and a `t`",
                  "escapes are read in double quotes only: `delimiter: \"\\t\"`");
  if (text.empty() || text.size() > kMostDelimiter || !std::ranges::all_of(text, ascii)) {
    return refuse(fmt::format("`delimiter` must be 1 to {} ASCII characters, not `{}`", kMostDelimiter, text),
                  format.example("delimiter"));
  }
  if (text.find_first_of(std::string_view("\r\n\0", 3)) != std::string::npos)
    return refuse("`delimiter` cannot hold a line end or a NUL byte", format.example("delimiter"));
  if (std::ranges::all_of(text, word)) {
    return refuse(text.size() == 1 ? fmt::format("`delimiter` cannot be a letter or digit such as `{}`", text)
                                   : fmt::format("`delimiter` cannot be a word such as `{}`", text),
                  format.example("delimiter"));
  }
  return text;
}

void read_format(const Section& source, Format& format) {
  std::optional<Section> section = source.map("format");
  if (!section) return;
  format.type = section->choice<FormatType>("type", kFormatTypes).value_or(format.type);
  if (format.type != FormatType::kDelimited) return;
  format.delimiter = read_delimiter(*section).value_or(format.delimiter);
  if (char quote = section->choice<char>("quote", kQuotes).value_or(kNoQuote); quote != kNoQuote) {
    format.quote = quote;
    if (format.delimiter.find(quote) != std::string::npos) {
      const Entry& entry = *section->entry("delimiter");
      source.context().mistakes.add(fmt::format("`delimiter` cannot hold the quote `{}`", quote), entry.value->place);
    }
  }
  format.encoding = section->choice<Encoding>("encoding", kEncodings).value_or(format.encoding);
  format.header = section->boolean("header").value_or(format.header);
  for (Filled& null : section->texts("null").value_or(std::vector<Filled>{})) {
    bool impossible = null.text.find_first_of(std::string_view("\r\n\0", 3)) != std::string::npos ||
                      null.text.find(format.delimiter) != std::string::npos;
    if (format.quote && null.text.starts_with(*format.quote)) {
      source.context().mistakes.add("a spelling of NULL cannot begin with the quote", null.place,
                                    "quoted values never are NULL; use nullif in a step's SQL");
    } else if (impossible) {
      source.context().mistakes.add("a spelling of NULL cannot hold a line end, a NUL byte or the delimiter",
                                    null.place);
    } else {
      format.nulls.push_back(std::move(null.text));
    }
  }
}

// Inside `{…}` a comma ends a value, in the middle of decimal(10,2) too.
bool cut_type(std::string_view text) {
  return text.find('(') != std::string_view::npos && text.find(')') == std::string_view::npos;
}

// True if it is that type, or has it inside.
bool holds(const Type& type, TypeId wanted) {
  return type.id == wanted ||
         std::ranges::any_of(type.fields, [&](const Field& field) { return holds(field.type, wanted); });
}

// The type of a column, or nothing and a mistake. Without a format it is that of a folder's name.
std::optional<Type> read_type(const Filled& filled, std::optional<FormatType> format, Mistakes& mistakes) {
  std::optional<Type> type = parse_type(filled.text);
  if (!type) {
    std::string hint = suggest(filled.text, kTypeNames);
    std::string small = ascii::lower(filled.text);
    if (cut_type(filled.text))
      hint = fmt::format("put quotes around a type that holds a comma: \"{},…)\"", filled.text);
    if (small == "datetime" || small == "timestamptz")
      hint = "write `timestamp`: times without a zone are UTC, others are converted";
    if (small.starts_with("u") && parse_type(small.substr(1)))
      hint = "unsigned types are not kept: write the next larger signed one";
    mistakes.add(fmt::format("unknown type `{}`", filled.text), filled.place, hint);
    return std::nullopt;
  }
  if ((format == FormatType::kJson || format == FormatType::kJsonLines) && holds(*type, TypeId::kBlob)) {
    mistakes.add("JSON cannot hold values of type `blob`", filled.place,
                 "read it as `varchar` and convert it in a step's SQL");
    return std::nullopt;
  }
  if (!format && (type->nested() || type->id == TypeId::kBlob)) {
    mistakes.add(fmt::format("the name of a folder cannot hold values of type `{}`", filled.text), filled.place,
                 "read it as `varchar`");
    return std::nullopt;
  }
  if (format == FormatType::kDelimited && (type->nested() || type->id == TypeId::kBlob)) {
    mistakes.add(fmt::format("a delimited file cannot hold values of type `{}`", filled.text), filled.place,
                 type->nested() ? "read it as `varchar` and take it apart in a step's SQL"
                                : "read it as `varchar` and cast it in a step's SQL");
    return std::nullopt;
  }
  if (!lake_type(*type)) {
    mistakes.add(fmt::format("a column cannot have the type `{}`", filled.text), filled.place,
                 type->id == TypeId::kHugeint ? "write `bigint` or `decimal(38,0)`"
                                              : "read it as `varchar` and cast it in a step's SQL");
    return std::nullopt;
  }
  return type;
}

using Names = std::unordered_map<std::string, std::string>;  // small -> as written: SQL does not tell `A` from `a`

// What a map of columns says, added to the source's. `format`: of what holds their values; nothing: names of folders.
void read_columns(const Section& section, std::string_view key, std::optional<FormatType> format, Names& names,
                  Source& source) {
  Mistakes& mistakes = section.context().mistakes;
  const std::vector<Entry>* entries = section.named(key);
  if (entries == nullptr) return;
  if (entries->size() + source.columns.size() > limits::kColumns) {
    mistakes.add(fmt::format("more than {} columns", limits::kColumns), section.entry(key)->key_place);
    return;
  }
  const Node* before = nullptr;
  for (const Entry& entry : *entries) {
    const std::string& name = entry.key.text();
    bool rest_of_type = before != nullptr && cut_type(before->text.text()) && name.ends_with(')');
    before = entry.value.get();
    if (rest_of_type) continue;  // it was complained about already
    if (name.empty() || name.size() > limits::kNameBytes) {
      mistakes.add(name.empty() ? "a column needs a name"
                                : fmt::format("the name of a column has at most {} bytes, this one has {}",
                                              limits::kNameBytes, name.size()),
                   entry.key_place);
      continue;
    }
    auto [other, fresh] = names.emplace(ascii::lower(name), name);
    if (!fresh) {
      mistakes.add(fmt::format("the columns `{}` and `{}` are the same in SQL", other->second, name), entry.key_place,
                   "names of columns do not differ by small and capital letters alone");
      continue;
    }
    const Node& node = *entry.value;
    if (node.kind != Node::Kind::kText) {
      bool nothing = node.kind == Node::Kind::kNothing;
      mistakes.add(nothing ? fmt::format("the column `{}` has no type", name)
                           : fmt::format("the type of column `{}` must be a text, not {}", name, describe(node)),
                   node.place, fmt::format("for example `{}: varchar`", name));
      continue;
    }
    Filled filled = section.context().variables.fill(node.text, node.place, mistakes);
    if (!filled.known) continue;
    std::optional<Type> type = read_type(filled, format, mistakes);
    if (!type) continue;
    source.columns.push_back({name, std::move(*type)});
    source.column_places.push_back(entry.key_place);
  }
}

// A table of the lake: its columns are known where its pipeline or the lake is, in runs/.
void read_table(const Section& section, Source& source) {
  std::optional<Filled> table = section.text("table");
  if (table) source.table_place = table->place;
  Mistakes& mistakes = section.context().mistakes;
  if (table && table->known) {
    size_t dot = table->text.find('.');
    bool two = dot != std::string::npos && dot != 0 && dot + 1 != table->text.size() &&
               table->text.find_first_of("./", dot + 1) == std::string::npos;
    if (!two) {
      mistakes.add(fmt::format("`{}` is no table's name", table->text), table->place,
                   "write `pipeline.step`, as `segue tables` does");
    }
  }
  source.table = table ? table->text : "";
}

void read_url(const Filled& url, const Folders& folders, Source& source, Mistakes& mistakes) {
  size_t host = url.text.find("://") + 3;
  bool odd = std::ranges::any_of(url.text, [](unsigned char c) { return c <= 0x20 || c == 0x7F; });
  if (odd || host == url.text.size() || url.text[host] == '/') {
    mistakes.add(odd ? "a URL cannot hold spaces or control characters" : "the URL names no server", url.place,
                 odd ? "write %20 for a space" : "https://example.org/plays.tsv.gz");
    return;
  }
  source.url = url.text;
  source.path = cached_path(folders.project, url.text);
}

void read_checksums(const Section& section, Source& source) {
  auto read = [&](std::string_view key, size_t digits, std::string& sum) {
    std::optional<Filled> filled = section.text(key);
    if (!filled || !filled->known) return;
    source.checksum_place = filled->place;
    sum = ascii::lower(filled->text);
    Mistakes& mistakes = section.context().mistakes;
    if (sum.size() != digits || sum.find_first_not_of("0123456789abcdef") != std::string::npos) {
      mistakes.add(fmt::format("`{}` must be {} hexadecimal digits", key, digits), filled->place,
                   fmt::format("`{}sum FILE` prints them; in quotes if they look like a number", key));
    } else if (source.url.empty() && !source.path.empty() && source.path.find("://") == std::string::npos) {
      mistakes.add(fmt::format("`{}` goes with files of the web alone", key), section.entry(key)->key_place,
                   "leave it out, or write https://… as `path`");
    }
  };
  read("md5", 32, source.md5);
  read("sha256", 64, source.sha256);
}

void read_member(const Section& section, Source& source) {
  std::optional<Filled> member = section.text("member");
  if (!member || !member->known) return;
  Mistakes& mistakes = section.context().mistakes;
  if (member->text.empty() || member->text.find('\0') != std::string::npos) {
    mistakes.add("`member` must be a pattern of names", member->place, section.example("member"));
  } else if (source.format.type == FormatType::kParquet) {
    mistakes.add("`member` does not go with the format `parquet`", section.entry("member")->key_place,
                 "only text is read from archives: unpack it");
  }
  source.member = member->text;
}

void read_bad_rows(const Section& source, BadRowsRule& rule) {
  const Entry* entry = source.entry("bad_rows");
  if (entry == nullptr) return;
  if (entry->value->kind != Node::Kind::kMap) {
    rule.quarantine = source.choice<bool>("bad_rows", kBadRows).value_or(false);
    return;
  }
  std::optional<Section> section = source.map("bad_rows");
  if (!section) return;
  rule.quarantine = section->flag("quarantine");
  rule.at_most_share = section->share("at_most");
}

}  // namespace

Source read_source(const Entry& entry, const Folders& folders, Context& context) {
  Source source;
  source.name = entry.key.text();
  source.place = entry.key_place;
  check_name(NameOf::kSource, source.name, source.place, context.mistakes);
  static const Table& table = *pipeline_table().find("sources")->table;
  std::optional<Section> section =
      section_of(*entry.value, table, fmt::format("source `{}`", source.name), source.place,
                 fmt::format("{}: {{path: …, format: …, columns: …}}", source.name), context);
  if (!section) return source;
  if (std::optional<uint64_t> version = section->count("version")) source.version = static_cast<int64_t>(*version);
  if (section->has("table")) {
    read_table(*section, source);
    return source;
  }
  if (std::optional<Filled> path = section->text("path")) {
    source.path_place = path->place;
    source.path = path->known ? absolute_path(folders.project, path->text) : path->text;
    if (path->known && path->text.empty()) {
      context.mistakes.add("`path` is empty", path->place, section->example("path"));
    } else if (path->known && path->text.find('\0') != std::string::npos) {
      context.mistakes.add("a path cannot hold a NUL byte", path->place);
    } else if (path->known && is_web(path->text)) {
      read_url(*path, folders, source, context.mistakes);
    } else if (path->known && is_url(path->text) && !is_s3(path->text)) {
      context.mistakes.add(
          fmt::format("`{}` is neither a path of this machine, nor s3://BUCKET/…, nor a URL of the web", path->text),
          path->place, "write a path, a pattern, s3://… or https://…");
    }
  }
  read_checksums(*section, source);
  read_format(*section, source.format);
  read_member(*section, source);
  Names names;
  size_t mistakes = context.mistakes.size();
  read_columns(*section, "columns", source.format.type, names, source);
  size_t of_files = source.columns.size();
  if (section->has("partitions")) read_columns(*section, "partitions", std::nullopt, names, source);
  source.partitions = source.columns.size() - of_files;
  if (context.mistakes.size() != mistakes) {
    source.columns.clear();
    source.column_places.clear();
    source.partitions = 0;
  }
  read_bad_rows(*section, source.bad_rows);
  return source;
}

}  // namespace segue::definition

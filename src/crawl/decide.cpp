#include "crawl/decide.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>
#include <tuple>

#include <fmt/format.h>

#include "base/ascii.h"
#include "base/limits.h"
#include "base/utf8.h"
#include "crawl/header.h"
#include "crawl/shapes.h"
#include "formats/convert.h"
#include "formats/parquet.h"

namespace segue::crawl {
namespace {

using definition::Encoding;
using definition::FormatType;

constexpr std::string_view kHiveNull = "__HIVE_DEFAULT_PARTITION__";

bool json(FormatType type) { return type == FormatType::kJson || type == FormatType::kJsonLines; }

std::string_view format_text(FormatType type) {
  switch (type) {
    case FormatType::kDelimited: return "delimited text";
    case FormatType::kJsonLines: return "JSON, an object a line";
    case FormatType::kJson: return "JSON, an object or an array a file";
    case FormatType::kParquet: return "Parquet";
  }
  return "";
}

// Keys that the definition of a source can name: SQL does not tell `a` from `A`.
class Names {
 public:
  // Why it can't be one; empty if it can.
  std::string refuse(const std::string& name) {
    if (name.empty()) return "it is empty";
    if (name.size() > limits::kNameBytes) return fmt::format("it has more than {} bytes", limits::kNameBytes);
    if (name.find('\0') != std::string::npos) return "it has a NUL byte";
    auto [other, fresh] = taken_.emplace(ascii::lower(name), name);
    return fresh ? "" : fmt::format("SQL takes it for `{}`", other->second);
  }

 private:
  std::map<std::string, std::string> taken_;
};

// A type that a source can declare: structs without keys that it can't name.
Type declarable(const Type& type, const std::string& path, std::vector<std::string>& left_out) {
  if (type.id == TypeId::kList) return Type::list(declarable(type.element(), path, left_out));
  if (type.id == TypeId::kNull) return TypeId::kVarchar;
  if (type.id != TypeId::kStruct) return type;
  Names names;
  std::vector<Field> fields;
  for (const Field& field : type.fields) {
    std::string inner = path + "." + field.name;
    if (std::string why = names.refuse(field.name); !why.empty()) {
      left_out.push_back(fmt::format("`{}`: {}", printable_utf8(inner), why));
    } else {
      fields.push_back({field.name, declarable(field.type, inner, left_out)});
    }
  }
  return fields.empty() ? Type(TypeId::kVarchar) : Type::structure(std::move(fields));
}

class Decision {
 public:
  Decision(const Group& group, std::vector<Look>& looks, const std::string& root, const Options& options,
           const LookAgain& look_again)
      : files_(group.files), looks_(looks), root_(root), options_(options), look_again_(look_again) {
    found_.reasons.push_back({"files", group.why});
  }

  FoundSource run() {
    choose_format();
    if (format().type == FormatType::kDelimited) {
      settle_cut();
      settle_encoding();
      settle_header();
      name_columns();
    } else {
      key_columns();
    }
    find_partitions();
    settle_path();
    for (uint32_t file : files_) {
      found_.files.push_back(looks_[file].path);
      found_.bytes += looks_[file].bytes;
      found_.rows += looks_[file].rows;
      found_.whole &= looks_[file].whole;
      except_lines(file, looks_[file].bad);
    }
    finish_exceptions();
    found_.source.name = options_.name.empty() ? source_name(root_, found_.files) : options_.name;
    return std::move(found_);
  }

 private:
  definition::Format& format() { return found_.source.format; }
  void reason(std::string about, std::string text) { found_.reasons.push_back({std::move(about), std::move(text)}); }
  std::string shown(const std::string& path) const {
    bool below = path.starts_with(root_) && path.size() > root_.size() + 1 && root_ != "/";
    return below ? path.substr(root_.size() + 1) : path;
  }
  std::string place(const Spot& spot) const {
    std::string file = shown(looks_[spot.file].path);
    return spot.line == 0 ? file : fmt::format("{}:{}", file, spot.line);
  }

  void except(uint32_t file, uint64_t line, std::string why, std::string hint = "") {
    found_.exceptions.push_back({looks_[file].path, line, std::move(why), std::move(hint)});
  }
  void except_lines(uint32_t file, const BadLines& lines) {
    for (const BadLine& each : lines.first) except(file, each.line, each.reason);
    found_.exceptions_in_all += lines.count - lines.first.size();
  }
  void finish_exceptions() {
    found_.exceptions_in_all += found_.exceptions.size();
    std::ranges::stable_sort(found_.exceptions, [](const Exception& a, const Exception& b) {
      return std::tie(a.file, a.line) < std::tie(b.file, b.line);
    });
    if (found_.exceptions.size() > limits::kCrawlExceptions) found_.exceptions.resize(limits::kCrawlExceptions);
  }

  // Files for which `fits` does not hold are told and belong no longer to the group.
  template <class Fits, class Why>
  void keep(const Fits& fits, const Why& why) {
    std::erase_if(files_, [&](uint32_t file) {
      if (fits(looks_[file])) return false;
      except(file, 0, why(looks_[file]));
      return true;
    });
  }

  // The key that most files have; of equals the first's.
  template <class Key>
  auto most(const Key& key) {
    using Value = decltype(key(looks_[0]));
    std::map<Value, std::pair<size_t, uint32_t>> counts;
    for (uint32_t file : files_) ++counts.try_emplace(key(looks_[file]), 0, file).first->second.first;
    auto best = counts.begin();
    for (auto each = counts.begin(); each != counts.end(); ++each) {
      auto [count, first] = each->second;
      if (count > best->second.first || (count == best->second.first && first < best->second.second)) best = each;
    }
    return best->first;
  }

  void choose_format() {
    int family = most([](const Look& look) { return json(look.type) ? int(FormatType::kJson) : int(look.type); });
    size_t all = files_.size();
    keep([&](const Look& look) { return (json(look.type) ? int(FormatType::kJson) : int(look.type)) == family; },
         [&](const Look& look) { return fmt::format("it is {}, most of the others are not", format_text(look.type)); });
    format().type = static_cast<FormatType>(family);
    if (json(format().type)) choose_json();
    const Look& first = looks_[files_.front()];
    reason(
        "format",
        fmt::format("{}: {}{}", format_text(format().type), first.format_why,
                    all == 1 ? "" : fmt::format(" ({}; {} of {} files alike)", shown(first.path), files_.size(), all)));
  }

  // A single object on one line goes with both.
  void choose_json() {
    size_t lines = 0, whole = 0;
    bool line_ends = false;
    for (uint32_t file : files_) {
      const Look& look = looks_[file];
      line_ends |= look.ends_with_line;
      if (!look.one_object) ++(look.type == FormatType::kJsonLines ? lines : whole);
    }
    bool by_line = options_.given.type  ? *options_.given.type == FormatType::kJsonLines
                   : lines + whole != 0 ? lines >= whole
                                        : line_ends;
    format().type = by_line ? FormatType::kJsonLines : FormatType::kJson;
    keep([&](const Look& look) { return look.one_object || look.type == format().type; },
         [&](const Look& look) { return fmt::format("it is {}, most of the others are not", format_text(look.type)); });
  }

  // Delimiter, quote and number of columns: what most files say. The others are cut the same way, and fit or not.
  void settle_cut() {
    const std::pair<std::string, size_t> cut_of_most =
        most([](const Look& look) { return std::pair(look.cut.dialect.delimiter, look.cut.columns); });
    const auto& [delimiter, columns] = cut_of_most;
    std::map<char, size_t> quotes;  // '\0' is none
    for (uint32_t file : files_) {
      const Cut& cut = looks_[file].cut;
      if (cut.quote_matters && cut.dialect.delimiter == delimiter && cut.columns == columns)
        ++quotes[cut.dialect.quote.value_or('\0')];
    }
    Dialect dialect{delimiter, std::nullopt};
    std::string why = "no field begins with one";
    if (quotes.empty()) {
      for (uint32_t file : files_) {
        if (looks_[file].cut.dialect.delimiter != delimiter) continue;
        dialect = looks_[file].cut.dialect;
        break;
      }
      if (dialect.quote) why += ", but with commas it is usual";
    } else {
      auto best = std::ranges::max_element(quotes, {}, [](const auto& each) { return each.second; });
      if (best->first != '\0') dialect.quote = best->first;
      why = dialect.quote ? "fields begin and end with it" : "fields begin with a quote that is a letter like others";
    }
    Given given = options_.given;
    given.type = FormatType::kDelimited;
    given.delimiter = delimiter;
    given.quote = dialect.quote;
    std::vector<uint32_t> again;
    for (uint32_t file : files_) {
      const Cut& cut = looks_[file].cut;
      if (cut.dialect.delimiter != delimiter || (cut.dialect.quote != dialect.quote && cut.quote_matters))
        again.push_back(file);
    }
    if (!again.empty()) look_again_(again, given);
    size_t fields = columns;
    keep([&](const Look& look) { return look.state == Look::State::kRows && look.cut.columns == fields; },
         [&](const Look& look) {
           if (look.state != Look::State::kRows) return look.reason;
           return fmt::format("it has {} columns, the others have {}", look.cut.columns, fields);
         });
    format().delimiter = delimiter;
    format().quote = dialect.quote;
    reason("delimiter", fmt::format("{}: {}", delimiter_text(delimiter), looks_[files_.front()].cut.why));
    reason("quote", fmt::format("{}: {}", dialect.quote ? std::string(1, *dialect.quote) : "none", why));
  }

  void settle_encoding() {
    uint64_t characters = 0, others = 0;
    bool c1 = false;
    const BadLine* first = nullptr;
    uint32_t first_file = 0;
    for (uint32_t file : files_) {
      const Look& look = looks_[file];
      characters += look.characters;
      others += look.not_utf8;
      c1 |= look.c1_bytes;
      if (first != nullptr || look.not_utf8_lines.first.empty()) continue;
      first = &look.not_utf8_lines.first.front();
      first_file = file;
    }
    bool latin1 = options_.given.encoding ? *options_.given.encoding == Encoding::kLatin1 : others > characters;
    format().encoding = latin1 ? Encoding::kLatin1 : Encoding::kUtf8;
    std::string why = characters == 0 ? "nothing but ASCII" : fmt::format("{} characters beyond ASCII", characters);
    if (others != 0) {
      why = fmt::format("{} bytes are not UTF-8, the first in {}", others, place({first_file, first->line}));
      if (latin1 && c1)
        why += "; some are no letters of ISO-8859-1 but of Windows-1252 (“€”, “–”), and become controls";
    }
    reason("encoding", fmt::format("{}: {}", latin1 ? "ISO-8859-1" : "UTF-8", why));
    for (uint32_t file : files_) {
      const Look& look = looks_[file];
      except_lines(file, look.nul_lines);
      if (!latin1) {
        except_lines(file, look.not_utf8_lines);
      } else if (look.byte_order_mark || (look.characters != 0 && look.not_utf8 == 0)) {
        except(file, 0, "it is UTF-8, and would be read as ISO-8859-1", "convert it: iconv -f UTF-8 -t ISO-8859-1");
      }
    }
  }

  static std::vector<std::string> texts_of(const std::vector<HeaderCell>& row) {
    std::vector<std::string> texts;
    for (const HeaderCell& cell : row) texts.push_back(cell.text);
    return texts;
  }

  void settle_header() {
    size_t yes = 0, no = 0, rows = 0;
    HeaderOpinion for_header, against, unsure;
    uint32_t for_file = 0, against_file = 0;
    for (uint32_t file : files_) {
      if (looks_[file].first_row.empty() && looks_[file].rows == 0) continue;
      ++rows;
      HeaderOpinion opinion = header_opinion(looks_[file]);
      if (opinion.votes > 0 && yes++ == 0) {
        for_header = opinion;
        for_file = file;
      } else if (opinion.votes < 0 && no++ == 0) {
        against = opinion;
        against_file = file;
      } else if (opinion.votes == 0) {
        unsure = opinion;
      }
    }
    names_ = most([](const Look& look) { return texts_of(look.first_row); });
    auto same = static_cast<size_t>(
        std::ranges::count_if(files_, [&](uint32_t file) { return texts_of(looks_[file].first_row) == names_; }));
    constexpr size_t kSeveral = 3;
    bool all_same = rows >= 2 && same * 10 >= rows * 9, none_same = rows >= kSeveral && same == 1;
    bool header = false;
    std::string why;
    if (options_.given.header) {
      header = *options_.given.header;
      why = "as given";
    } else if ((all_same && rows >= kSeveral) || (all_same && yes == 0 && no == 0)) {
      header = true;
      why = fmt::format("{} of {} files begin with the same row", same, rows);
    } else if (yes > no && !(none_same && yes < rows)) {
      header = true;
      why = fmt::format("{} ({})", for_header.why, place({for_file, looks_[for_file].first_line}));
    } else if (no != 0) {
      why = fmt::format("{} ({})", against.why, place({against_file, looks_[against_file].first_line}));
    } else if (none_same) {
      why = "the files begin with different rows";
    } else {
      why = unsure.why + ": if it is one, `--header yes`";
    }
    format().header = header;
    reason("header", fmt::format("{}: {}", header ? "yes" : "no", why));
    if (!header) return;
    for (uint32_t file : files_) {
      const Look& look = looks_[file];
      if (look.first_row.empty() && look.rows == 0 && look.bad.count == 0) continue;
      if (look.blank_first) {
        except(file, 1, "its first line is blank, where the header should be", "remove it");
      } else if (texts_of(look.first_row) != names_) {
        except(file, look.first_line, "its first row is not the header of the others, and would be skipped",
               "see that it is a header, or give the file one");
      }
    }
  }

  FoundColumn& add_column(std::string name, Type type, const Evidence& evidence) {
    FoundColumn& column = found_.columns.emplace_back();
    column.field = {std::move(name), std::move(type)};
    for (const Vote& vote : evidence.votes()) {
      column.votes.push_back(
          {vote.kind == Kind::kNullSpelling ? fmt::format("spelling of NULL `{}`", vote.text) : to_string(vote),
           vote.count, printable_utf8(vote.text), looks_[vote.first.file].path, vote.first.line});
    }
    column.nulls = evidence.nulls();
    const Evidence::Misfit& misfit = evidence.misfit();
    if (!misfit.reason.empty()) {
      column.misfit = misfit.reason;
      column.misfit_file = looks_[misfit.spot.file].path;
      column.misfit_line = misfit.spot.line;
    }
    return column;
  }

  void name_columns() {
    size_t count = looks_[files_.front()].cut.columns;
    std::vector<Evidence> columns(count);
    for (uint32_t file : files_) {
      Look& look = looks_[file];
      if (!format().header && !look.first_row.empty()) {
        ++look.rows;
        for (size_t i = 0; i < count; ++i) see_first_row(look, i, file, columns[i]);
      }
      for (size_t i = 0; i < count; ++i) columns[i].merge(std::move(look.columns[i]));
    }
    std::vector<std::string> names = column_names(count);
    std::vector<HeaderCell> header;
    if (format().header && names_.size() == count) {
      for (const std::string& name : names_) header.push_back({.text = name});
      std::vector<std::string> renamed;
      names = column_names(header, renamed);
      if (!renamed.empty()) {
        std::string text;
        for (const std::string& each : renamed) text += (text.empty() ? "" : ", ") + each;
        reason("names", text);
      }
    }
    settle_nulls(columns, names);
    for (size_t i = 0; i < count; ++i) {
      // Declared names are kept: of delimited text the place is what counts.
      if (i < options_.given.columns.size() && options_.given.columns.size() == count)
        names[i] = options_.given.columns[i].name;
      Type type = columns[i].type();
      FoundColumn& column = add_column(names[i], type, columns[i]);
      note(column, columns[i]);
    }
  }

  void see_first_row(const Look& look, size_t i, uint32_t file, Evidence& column) {
    const HeaderCell& cell = look.first_row[i];
    const Given& given = options_.given;
    bool spelled = given.nulls && std::ranges::find(*given.nulls, cell.text) != given.nulls->end();
    if (cell.null || spelled) return column.see_null();
    column.see(given.nulls && cell.kind == Kind::kNullSpelling ? Kind::kText : cell.kind, cell.text,
               {file, look.first_line});
    if (i < given.columns.size()) {
      std::string why = formats::explain(given.columns[i].type, cell.text);
      if (!why.empty() && given.columns[i].type.id != TypeId::kVarchar)
        column.see_misfit(std::move(why), {file, look.first_line});
    }
  }

  static void note(FoundColumn& column, const Evidence& evidence) {
    if (evidence.values() == 0) {
      column.note = "no value was seen";
      return;
    }
    if (evidence.keys_are_data()) column.note = "its keys are data";
    if (column.field.type.id != TypeId::kVarchar) return;
    std::vector<Vote> votes = evidence.votes();
    bool codes = std::ranges::any_of(votes, [](const Vote& vote) { return vote.kind == Kind::kCode; });
    bool empty = std::ranges::any_of(votes, [](const Vote& vote) { return vote.kind == Kind::kEmptyText; });
    if (codes) column.note = "a number would lose digits";
    if (votes.size() == 1 && empty) column.note = "nothing but empty texts";
  }

  // Spellings of NULL hold for all columns: those that another one holds as a text are told.
  void settle_nulls(const std::vector<Evidence>& columns, const std::vector<std::string>& names) {
    if (options_.given.nulls) {
      format().nulls = *options_.given.nulls;
      std::erase(format().nulls, "");
      return;
    }
    for (size_t i = 0; i < columns.size(); ++i) {
      for (const std::string& spelling : columns[i].null_spellings()) {
        if (spelling.find(format().delimiter) != std::string::npos ||
            std::ranges::find(format().nulls, spelling) != format().nulls.end())
          continue;
        format().nulls.push_back(spelling);
        std::vector<Vote> votes = columns[i].votes();
        auto vote = std::ranges::find_if(
            votes, [&](const Vote& each) { return each.kind == Kind::kNullSpelling && each.text == spelling; });
        std::string why = fmt::format("`{}`: {} values of {}, the first in {}; all others are {}", spelling,
                                      vote->count, names[i], place(vote->first), type_text(columns[i].type()));
        for (size_t other = 0; other < columns.size(); ++other) {
          std::vector<Vote> texts = columns[other].votes();
          bool holds = columns[other].type().id == TypeId::kVarchar && other != i &&
                       std::ranges::any_of(texts, [&](const Vote& each) {
                         return each.kind == Kind::kNullSpelling && each.text == spelling;
                       });
          if (holds) why += fmt::format("; then it is NULL in {} too", names[other]);
        }
        reason("null", why);
      }
    }
    std::ranges::sort(format().nulls);
  }

  // Of JSON and Parquet.
  void key_columns() {
    bool parquet = format().type == FormatType::kParquet;
    std::map<std::string, std::pair<size_t, uint32_t>> have;  // files with the key, and the last of them
    for (uint32_t file : files_) {
      for (const auto& [name, evidence] : looks_[file].root.keys()) {
        auto& entry = have[name];
        ++entry.first;
        entry.second = file;
      }
    }
    if (parquet) keep_fitting();
    Evidence root;
    for (uint32_t file : files_) root.merge(std::move(looks_[file].root));
    Names names;
    std::vector<std::string> left_out;
    for (const auto& [name, evidence] : root.keys()) {
      if (std::string why = names.refuse(name); !why.empty()) {
        left_out.push_back(fmt::format("`{}`: {}", printable_utf8(name.substr(0, 60)), why));
        continue;
      }
      if (found_.columns.size() == limits::kColumns) {
        left_out.push_back(fmt::format("all from `{}` on: more than {}", printable_utf8(name), limits::kColumns));
        break;
      }
      if (parquet && have[name].first != files_.size()) {
        left_out.push_back(fmt::format("`{}`: only {} of {} files have it", name, have[name].first, files_.size()));
        continue;
      }
      Type type = declarable(parquet ? widest(*evidence) : evidence->type(), name, left_out);
      if (!lake_type(type)) {
        left_out.push_back(fmt::format("`{}`: a source can't have the type {}", name, type_text(type)));
        continue;
      }
      FoundColumn& column = add_column(name, type, *evidence);
      if (!parquet) note(column, *evidence);
    }
    if (root.keys_are_data()) left_out.push_back("more keys than a table has columns: its keys are data");
    std::string text;
    for (const std::string& each : left_out) text += (text.empty() ? "" : "; ") + each;
    if (!text.empty()) reason("left out", text);
  }

  static Type widest(const Evidence& evidence) {
    Type type = evidence.declared().front().type;
    for (const Evidence::Declared& each : evidence.declared()) {
      if (formats::parquet_fits(type, each.type)) type = each.type;
    }
    return type;
  }

  // Files of Parquet one of whose columns has a type that no common one takes: the first file's counts.
  void keep_fitting() {
    std::map<std::string, Type> types;
    for (uint32_t file : files_) {
      for (const auto& [name, evidence] : looks_[file].root.keys()) {
        const Type& mine = evidence->declared().front().type;
        auto [type, fresh] = types.try_emplace(name, mine);
        if (!fresh && formats::parquet_fits(type->second, mine)) type->second = mine;
      }
    }
    std::string odd;
    keep(
        [&](const Look& look) {
          for (const auto& [name, evidence] : look.root.keys()) {
            const Type& mine = evidence->declared().front().type;
            if (formats::parquet_fits(mine, types.at(name))) continue;
            odd = fmt::format("its column {} is {}, that of the others {}", name, type_text(mine),
                              type_text(types.at(name)));
            return false;
          }
          return true;
        },
        [&](const Look&) { return odd; });
  }

  void find_partitions() {
    std::vector<std::string> order;
    std::map<std::string, Evidence> keys;
    std::map<std::string, std::set<std::string>> values;
    std::map<std::string, std::string> examples;
    for (uint32_t file : files_) {
      std::filesystem::path folder =
          std::filesystem::path(looks_[file].path.substr(root_.size())).relative_path().parent_path();
      for (const auto& part : folder) {
        auto key = partition_of(part.string());
        if (!key) continue;
        auto& [name, value] = *key;
        if (!keys.contains(name)) {
          order.push_back(name);
          examples[name] = part.string();
        }
        if (!values[name].insert(value).second) continue;
        if (value.empty() || value == kHiveNull) {
          keys[name].see_null();
        } else {
          // Folders of months and days have zeros before them.
          Kind kind = kind_of_quoted(value);
          bool padded = kind == Kind::kCode && value.front() == '0' && value.size() <= 18;
          keys[name].see(padded ? Kind::kInteger : kind, value, {file, 0});
        }
      }
    }
    for (const std::string& name : order)
      found_.partitions.push_back({{name, keys[name].type()}, values[name].size(), examples[name]});
  }

  // The pattern, and what it takes besides.
  void settle_path() {
    if (files_.size() == 1) {
      found_.source.path = looks_[files_.front()].path;
      return;
    }
    std::vector<std::string> mine, others, taken;
    std::set<uint32_t> in_group(files_.begin(), files_.end());
    for (uint32_t file = 0; file < looks_.size(); ++file)
      (in_group.contains(file) ? mine : others).push_back(looks_[file].path);
    found_.source.path = pattern_of(root_, mine, others, taken);
    if (others.empty() && options_.path != root_) found_.source.path = options_.path;
    for (const std::string& path : taken) {
      auto look = std::ranges::lower_bound(looks_, path, {}, &Look::path);
      auto file = static_cast<uint32_t>(look - looks_.begin());
      bool told = std::ranges::any_of(found_.exceptions, [&](const Exception& each) { return each.file == path; });
      if (look->state == Look::State::kEmpty && format().type != FormatType::kParquet) {
        found_.empty_files.push_back(path);
      } else if (!told) {
        except(file, 0,
               look->state == Look::State::kRows ? "it is of another kind, and the path takes it too" : look->reason,
               look->hint.empty() ? "move it away" : look->hint);
      }
    }
  }

  std::vector<uint32_t> files_;
  std::vector<Look>& looks_;
  const std::string& root_;
  const Options& options_;
  const LookAgain& look_again_;
  FoundSource found_;
  std::vector<std::string> names_;  // the first row of most
};

}  // namespace

FoundSource decide(const Group& group, std::vector<Look>& looks, const std::string& root, const Options& options,
                   const LookAgain& look_again) {
  return Decision(group, looks, root, options, look_again).run();
}

}  // namespace segue::crawl

#include "crawl/header.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <set>

#include <fmt/format.h>

#include "base/ascii.h"
#include "base/limits.h"
#include "base/utf8.h"

namespace segue::crawl {
namespace {

// What many columns are called, or end with.
constexpr std::array<std::string_view, 24> kNames = {"id",    "name",   "title",   "date",        "time",   "timestamp",
                                                     "type",  "key",    "value",   "code",        "count",  "email",
                                                     "url",   "city",   "user",    "description", "status", "category",
                                                     "label", "gender", "country", "address",     "text",   "genre"};

bool letter_or_digit(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0; }

bool could_be_name(const std::string& text) {
  constexpr size_t kLongest = 64;
  if (text.empty() || text.size() > kLongest) return false;
  auto first = static_cast<unsigned char>(text.front());
  if (!(std::isalpha(first) || first == '_' || first == '#' || first >= 0x80)) return false;
  return std::ranges::all_of(text, [](char c) {
    return letter_or_digit(c) || static_cast<uint8_t>(c) >= 0x80 ||
           std::string_view("_ -.#()/%:$").find(c) != std::string_view::npos;
  });
}

bool usual_name(const std::string& text) {
  std::string name = ascii::lower(text);
  return std::ranges::any_of(kNames, [&](std::string_view usual) {
    if (!name.ends_with(usual)) return false;
    size_t before = name.size() - usual.size();
    // userId, user_id, "User ID", id
    return before == 0 || !letter_or_digit(name[before - 1]) ||
           std::isupper(static_cast<unsigned char>(text[before])) != 0;
  });
}

bool has(const std::string& text, int (*is)(int)) {
  return std::ranges::any_of(text, [&](unsigned char c) { return is(c) != 0; });
}

// What texts below have in common and the first has not; nothing to say: an empty text.
std::string unlike(const HeaderCell& cell, const TextShape& shape) {
  constexpr uint64_t kFew = 3;
  if (shape.values < kFew || cell.null) return {};
  if (shape.with_digit == shape.values && !has(cell.text, std::isdigit)) return "all have digits";
  if (shape.with_capital == shape.values && !has(cell.text, std::isupper)) return "all have capitals";
  if (shape.shortest == shape.longest && cell.text.size() != shape.shortest)
    return fmt::format("all have {} bytes", shape.shortest);
  return {};
}

std::string quoted(const std::string& text) { return fmt::format("`{}`", printable_utf8(text.substr(0, 40))); }

HeaderOpinion opinion_of_texts(const Look& look) {
  HeaderOpinion opinion;
  for (const HeaderCell& cell : look.first_row) {
    if (cell.null) continue;
    if (cell.repeated) return {-1, fmt::format("{} stands in the same column below", quoted(cell.text))};
    if (!could_be_name(cell.text)) return {-1, fmt::format("{} is no name", quoted(cell.text))};
  }
  for (size_t i = 0; i < look.first_row.size(); ++i) {
    std::string difference = unlike(look.first_row[i], look.shapes[i]);
    if (difference.empty()) continue;
    if (opinion.votes++ == 0)
      opinion.why = fmt::format("{} is unlike the values below it: {}", quoted(look.first_row[i].text), difference);
  }
  if (opinion.votes != 0) return opinion;
  for (const HeaderCell& cell : look.first_row) {
    if (usual_name(cell.text)) return {1, fmt::format("{} is a usual name of a column", quoted(cell.text))};
  }
  return {0, "all columns are text, and nothing tells names from values"};
}

}  // namespace

HeaderOpinion header_opinion(const Look& look) {
  if (look.first_row.empty()) return {-1, "the first row has not as many fields as the others"};
  HeaderOpinion opinion;
  std::string for_header, against;
  size_t empty = 0;
  for (size_t i = 0; i < look.first_row.size(); ++i) {
    const HeaderCell& cell = look.first_row[i];
    empty += cell.null;
    Type type = look.columns[i].type();
    if (type.id == TypeId::kVarchar || cell.null) {
      // A number above texts is no name.
      bool figure = !cell.null && (cell.kind == Kind::kInteger || cell.kind == Kind::kNumber ||
                                   cell.kind == Kind::kDate || cell.kind == Kind::kTimestamp);
      if (!figure) continue;
      --opinion.votes;
      if (against.empty()) against = fmt::format("{} is no name", quoted(cell.text));
      continue;
    }
    Evidence with;
    with.see(cell.kind, cell.text, {});
    Evidence all;
    for (const Vote& vote : look.columns[i].votes()) all.see(vote.kind, vote.text, vote.first);
    all.merge(std::move(with));
    if (all.type() == type || cell.kind == Kind::kNullSpelling) {
      --opinion.votes;
      if (against.empty()) against = fmt::format("{} is a {} like those below it", quoted(cell.text), type_text(type));
    } else {
      ++opinion.votes;
      if (for_header.empty()) {
        for_header = fmt::format("{} is no {}, but the {} values below it are", quoted(cell.text), type_text(type),
                                 look.columns[i].values());
      }
    }
  }
  if (empty > 1) {
    opinion.votes = std::min(opinion.votes, -1);
    against = fmt::format("{} of its fields are empty", empty);
  }
  if (opinion.votes != 0 || !for_header.empty()) {
    if (opinion.votes == 0) opinion.votes = -1;
    opinion.why = opinion.votes > 0 ? for_header : against;
    return opinion;
  }
  return opinion_of_texts(look);
}

std::vector<std::string> column_names(size_t columns) {
  std::vector<std::string> names;
  for (size_t i = 1; i <= columns; ++i) names.push_back(fmt::format("column_{}", i));
  return names;
}

std::vector<std::string> column_names(const std::vector<HeaderCell>& header, std::vector<std::string>& renamed) {
  std::vector<std::string> names;
  std::set<std::string> taken;
  for (size_t i = 0; i < header.size(); ++i) {
    std::string name;
    for (char c : printable_utf8(header[i].text)) {
      bool kept = letter_or_digit(c) || static_cast<uint8_t>(c) >= 0x80;
      if (kept) name += c;
      if (!kept && !name.empty() && name.back() != '_') name += '_';
    }
    while (name.ends_with('_')) name.pop_back();
    if (name.size() > limits::kNameBytes - 8) {
      name.resize(limits::kNameBytes - 8);
      while (!name.empty() && invalid_utf8(name) != std::string::npos) name.pop_back();
    }
    if (name.empty()) name = fmt::format("column_{}", i + 1);
    if (std::isdigit(static_cast<unsigned char>(name.front()))) name = "c" + name;
    std::string base = name;
    for (size_t n = 2; !taken.insert(ascii::lower(name)).second; ++n) name = fmt::format("{}_{}", base, n);
    if (name != header[i].text) renamed.push_back(fmt::format("{} is `{}`", quoted(header[i].text), name));
    names.push_back(std::move(name));
  }
  return names;
}

}  // namespace segue::crawl

#include "crawl/evidence.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/ascii.h"
#include "base/limits.h"
#include "base/utf8.h"
#include "formats/values.h"

namespace segue::crawl {
namespace {

constexpr size_t kShown = 40;  // bytes of a value

// What tools write for a value that is not there, besides nothing. Case counts, so that few texts are caught.
constexpr std::array<std::string_view, 14> kNullSpellings = {"\\N",  "NULL", "null", "Null", "NA", "N/A", "n/a",
                                                             "#N/A", "NaN",  "nan",  "None", "-",  "--",  "?"};

constexpr uint32_t bit(Kind kind) { return uint32_t{1} << static_cast<unsigned>(kind); }
constexpr uint32_t kNumbers = bit(Kind::kInteger) | bit(Kind::kWhole) | bit(Kind::kNumber) | bit(Kind::kNotFinite);

bool digit(char c) { return '0' <= c && c <= '9'; }

std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

// Cut between characters.
std::string shown(std::string_view text) {
  if (text.size() <= kShown) return std::string(text);
  size_t end = kShown;
  while (end > 0 && (static_cast<uint8_t>(text[end]) & 0xC0) == 0x80) --end;
  return std::string(text.substr(0, end)) + "…";
}

Kind kind_of_digits(std::string_view text) {
  bool minus = text.front() == '-';
  std::string_view digits = text.substr(text.front() == '-' || text.front() == '+' ? 1 : 0);
  if (text.front() == '+' || (digits.size() > 1 && digits.front() == '0')) return Kind::kCode;
  if (minus && digits == "0") return Kind::kNumber;  // an integer has no sign of zero
  int64_t value = 0;
  if (formats::parse_integer(text, INT64_MIN, INT64_MAX, value) == formats::Parsed::kOk) return Kind::kInteger;
  return digits.size() <= 38 ? Kind::kWhole : Kind::kCode;
}

// What begins as a number does, or as a date.
Kind kind_of_figure(std::string_view text) {
  size_t sign = text.front() == '-' || text.front() == '+' ? 1 : 0;
  if (sign < text.size() && std::all_of(text.begin() + static_cast<ptrdiff_t>(sign), text.end(), digit))
    return kind_of_digits(text);
  double number = 0;
  if (formats::parse_double(text, number) == formats::Parsed::kOk) {
    bool zeros = text.size() > sign + 1 && text[sign] == '0' && digit(text[sign + 1]);
    return zeros ? Kind::kCode : Kind::kNumber;
  }
  return Kind::kText;
}

Kind kind_of_time(std::string_view text) {
  // YYYY-M-D at least.
  if (text.size() < 8 || !digit(text[0]) || !digit(text[1])) return Kind::kText;
  int32_t days = 0;
  if (formats::parse_date(text, days) == formats::Parsed::kOk) return Kind::kDate;
  int64_t micros = 0;
  return formats::parse_timestamp(text, micros) == formats::Parsed::kOk ? Kind::kTimestamp : Kind::kText;
}

Kind kind_of_word(std::string_view text) {
  struct Word {
    std::string_view word;
    Kind kind;
  };
  constexpr Word kWords[] = {{"true", Kind::kTrue},
                             {"false", Kind::kFalse},
                             {"t", Kind::kT},
                             {"f", Kind::kF},
                             {"yes", Kind::kYes},
                             {"no", Kind::kNo},
                             {"y", Kind::kY},
                             {"n", Kind::kN},
                             {"inf", Kind::kNotFinite},
                             {"-inf", Kind::kNotFinite},
                             {"infinity", Kind::kNotFinite},
                             {"-infinity", Kind::kNotFinite}};
  if (text.size() > 9) return Kind::kText;
  for (const Word& each : kWords) {
    if (ascii::same(text, each.word)) return each.kind;
  }
  return Kind::kText;
}

}  // namespace

Kind kind_of_quoted(std::string_view field) {
  if (field.empty()) return Kind::kEmptyText;
  std::string_view text = trim(field);
  if (text.empty()) return Kind::kText;
  char first = text.front();
  if (digit(first) || first == '-' || first == '+' || first == '.') {
    Kind kind = kind_of_figure(text);
    if (kind == Kind::kText) kind = kind_of_time(text);
    return kind != Kind::kText ? kind : kind_of_word(text);
  }
  return kind_of_word(text);
}

bool spells_null(std::string_view field) {
  return field.size() <= 4 && std::ranges::find(kNullSpellings, field) != kNullSpellings.end();
}

Kind kind_of_field(std::string_view field) { return spells_null(field) ? Kind::kNullSpelling : kind_of_quoted(field); }

Kind kind_of_string(std::string_view text) { return text.empty() ? Kind::kEmptyText : kind_of_time(trim(text)); }

Kind kind_of_number(std::string_view text) { return kind_of_figure(text); }

Evidence::Evidence() = default;
Evidence::~Evidence() = default;
Evidence::Evidence(Evidence&&) noexcept = default;
Evidence& Evidence::operator=(Evidence&&) noexcept = default;

void Evidence::see(Kind kind, std::string_view text, Spot spot) {
  auto same = [&](const Vote& vote) { return vote.kind == kind && (kind != Kind::kNullSpelling || vote.text == text); };
  if (last_ >= votes_.size() || !same(votes_[last_])) {
    last_ = static_cast<size_t>(std::ranges::find_if(votes_, same) - votes_.begin());
    if (last_ == votes_.size()) votes_.push_back({kind, shown(text), 0, spot});
  }
  ++votes_[last_].count;
}

void Evidence::see_misfit(std::string reason, Spot spot) {
  if (misfit_.reason.empty()) misfit_ = {std::move(reason), spot};
}

void Evidence::see_type(const Type& type, Spot spot) {
  if (std::ranges::find(declared_, type, &Declared::type) == declared_.end()) declared_.push_back({type, spot});
}

Evidence* Evidence::key(std::string_view name) {
  if (next_key_ < keys_.size() && keys_[next_key_].first == name) return keys_[next_key_++].second.get();
  auto found = places_.find(name);
  if (found == places_.end()) {
    if (keys_.size() >= limits::kCrawlKeys) {
      too_many_keys_ = true;
      return nullptr;
    }
    found = places_.emplace(name, keys_.size()).first;
    keys_.emplace_back(std::string(name), std::make_unique<Evidence>());
  }
  next_key_ = found->second + 1;
  return keys_[found->second].second.get();
}

Evidence& Evidence::element() {
  if (element_ == nullptr) element_ = std::make_unique<Evidence>();
  return *element_;
}

void Evidence::merge(Evidence&& later) {
  for (Vote& vote : later.votes_) {
    auto same = std::ranges::find_if(votes_, [&](const Vote& mine) {
      return mine.kind == vote.kind && (vote.kind != Kind::kNullSpelling || mine.text == vote.text);
    });
    if (same == votes_.end()) {
      votes_.push_back(std::move(vote));
    } else {
      same->count += vote.count;
    }
  }
  nulls_ += later.nulls_;
  if (misfit_.reason.empty()) misfit_ = std::move(later.misfit_);
  for (auto& [name, evidence] : later.keys_) {
    if (Evidence* mine = key(name)) mine->merge(std::move(*evidence));
  }
  too_many_keys_ |= later.too_many_keys_;
  if (later.element_) element().merge(std::move(*later.element_));
  for (Declared& each : later.declared_) see_type(each.type, each.spot);
}

const Evidence::Misfit& Evidence::misfit() const {
  const Misfit* first = &misfit_;
  auto consider = [&](const Misfit& other) {
    if (!other.reason.empty() && (first->reason.empty() || other.spot < first->spot)) first = &other;
  };
  for (const auto& [name, evidence] : keys_) consider(evidence->misfit());
  if (element_) consider(element_->misfit());
  return *first;
}

uint64_t Evidence::values() const {
  uint64_t values = 0;
  for (const Vote& vote : votes_) values += vote.count;
  return values;
}

uint32_t Evidence::kinds(bool with_spellings) const {
  uint32_t kinds = 0;
  for (const Vote& vote : votes_) {
    if (vote.kind != Kind::kNullSpelling) {
      kinds |= bit(vote.kind);
    } else if (with_spellings && vote.text != "\\N") {
      kinds |= bit(Kind::kText);
    }
  }
  return kinds;
}

// Objects whose keys are ids or days rather than names: each has its own few of very many.
bool Evidence::keys_are_data() const {
  if (too_many_keys_) return true;
  constexpr size_t kFew = 20;
  constexpr uint64_t kTenth = 10;
  auto objects = std::ranges::find(votes_, Kind::kObject, &Vote::kind);
  if (objects == votes_.end() || keys_.size() <= kFew) return false;
  uint64_t present = 0;
  for (const auto& [name, evidence] : keys_) present += evidence->values() + evidence->nulls();
  return present * kTenth < objects->count * keys_.size();
}

Type Evidence::type_of_kinds(uint32_t kinds) const {
  auto only = [&](uint32_t allowed) { return kinds != 0 && (kinds & ~allowed) == 0; };
  auto pair = [&](Kind a, Kind b) { return kinds == (bit(a) | bit(b)); };
  if (only(bit(Kind::kTrue) | bit(Kind::kFalse)) || pair(Kind::kT, Kind::kF) || pair(Kind::kYes, Kind::kNo) ||
      pair(Kind::kY, Kind::kN))
    return TypeId::kBoolean;
  if (only(bit(Kind::kInteger))) return TypeId::kBigint;
  if (only(bit(Kind::kInteger) | bit(Kind::kWhole))) return Type::decimal(38, 0);
  if (only(kNumbers) && kinds != bit(Kind::kNotFinite)) return TypeId::kDouble;
  if (only(bit(Kind::kDate))) return TypeId::kDate;
  if (only(bit(Kind::kDate) | bit(Kind::kTimestamp))) return TypeId::kTimestamp;
  if (kinds == bit(Kind::kList)) return Type::list(element_ ? element_->type() : Type(TypeId::kVarchar));
  if (kinds == bit(Kind::kObject) && !keys_are_data()) {
    std::vector<Field> fields;
    for (const auto& [name, evidence] : keys_) fields.push_back({name, evidence->type()});
    if (!fields.empty()) return Type::structure(std::move(fields));
  }
  return TypeId::kVarchar;
}

Type Evidence::type() const {
  if (!declared_.empty()) return declared_.front().type;
  Type narrow = type_of_kinds(kinds(false));
  // `NaN` among numbers is one, not NULL.
  uint32_t all = kinds(false);
  bool numbers = all != 0 && (all & ~kNumbers) == 0 && all != bit(Kind::kNotFinite);
  bool nan = std::ranges::any_of(votes_, [](const Vote& vote) { return vote.text == "NaN" || vote.text == "nan"; });
  if (numbers && nan) return TypeId::kDouble;
  return narrow;
}

std::vector<std::string> Evidence::null_spellings() const {
  std::vector<std::string> spellings;
  Type of_others = type();
  bool typed = of_others.id != TypeId::kVarchar && !of_others.nested();
  for (const Vote& vote : votes_) {
    if (vote.kind != Kind::kNullSpelling) continue;
    bool nan = vote.text == "NaN" || vote.text == "nan";
    if (vote.text == "\\N" || (typed && !(nan && of_others.id == TypeId::kDouble))) spellings.push_back(vote.text);
  }
  return spellings;
}

std::vector<Vote> Evidence::votes() const {
  std::vector<Vote> votes = votes_;
  std::ranges::stable_sort(votes, [](const Vote& a, const Vote& b) { return a.count > b.count; });
  return votes;
}

std::string to_string(const Vote& vote) {
  switch (vote.kind) {
    case Kind::kTrue:
    case Kind::kFalse:
    case Kind::kT:
    case Kind::kF:
    case Kind::kYes:
    case Kind::kNo:
    case Kind::kY:
    case Kind::kN: return "boolean";
    case Kind::kInteger: return "bigint";
    case Kind::kWhole: return "more than 64 bits";
    case Kind::kNumber: return "double";
    case Kind::kNotFinite: return "infinite";
    case Kind::kDate: return "date";
    case Kind::kTimestamp: return "timestamp";
    case Kind::kNullSpelling: return "spelling of NULL";
    case Kind::kCode: return "digits no number keeps";
    case Kind::kText: return "text";
    case Kind::kEmptyText: return "empty text";
    case Kind::kObject: return "object";
    case Kind::kList: return "list";
  }
  return "";
}

std::string type_text(const Type& type) {
  // In capitals but for the names in it, which keep theirs.
  if (type.id == TypeId::kList) return type_text(type.element()) + "[]";
  if (type.id == TypeId::kStruct) {
    std::string text;
    for (const Field& field : type.fields)
      text += fmt::format("{}{} {}", text.empty() ? "" : ", ", quote_name(field.name), type_text(field.type));
    return fmt::format("struct({})", text);
  }
  return ascii::lower(segue::to_string(type));
}

}  // namespace segue::crawl

// strptime and try_strptime: texts read by a format.
#include <fmt/format.h>

#include "engine/expressions/calendar.h"
#include "engine/expressions/rows.h"
#include "engine/expressions/time_format.h"

namespace segue::engine {
namespace {

using Text = std::string_view;

// Weeks, days of years and time zones are DuckDB's.
constexpr Text kKnown = "aAdbBmyYHIpMSfg";

bool space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }
char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

bool starts_with_any_case(Text text, Text prefix) {
  if (text.size() < prefix.size()) return false;
  for (size_t i = 0; i < prefix.size(); ++i) {
    if (lower(text[i]) != lower(prefix[i])) return false;
  }
  return true;
}

// What was read so far.
struct Fields {
  Civil civil{1900, 1, 1};
  int64_t hour = 0, minute = 0, second = 0, micros = 0;
  int afternoon = -1;  // of %p: 0 is AM, 1 is PM
};

class Reader {
 public:
  explicit Reader(Text text) : rest_(text) {}

  void skip_spaces() {
    while (!rest_.empty() && space(rest_[0])) rest_.remove_prefix(1);
  }
  bool at_end() const { return rest_.empty(); }

  // Runs of spaces match runs of spaces.
  bool literal(Text literal) {
    for (size_t i = 0; i < literal.size();) {
      if (rest_.empty()) return false;
      if (space(literal[i])) {
        if (!space(rest_[0])) return false;
        skip_spaces();
        while (i < literal.size() && space(literal[i])) ++i;
        continue;
      }
      if (rest_[0] != literal[i++]) return false;
      rest_.remove_prefix(1);
    }
    return true;
  }

  bool part(char specifier, Fields& fields) {
    int64_t year;
    switch (specifier) {
      case 'Y': return digits(4, 1, 0, 9999, fields.civil.year);
      case 'y':
        if (!digits(2, 1, 0, 99, year)) return false;
        fields.civil.year = static_cast<int32_t>(year >= 69 ? 1900 + year : 2000 + year);
        return true;
      case 'm': return digits(2, 1, 1, 12, fields.civil.month);
      case 'd': return digits(2, 1, 1, 31, fields.civil.day);
      case 'H': return digits(2, 1, 0, 23, fields.hour);
      case 'I': return digits(2, 1, 1, 12, fields.hour);
      case 'M': return digits(2, 1, 0, 59, fields.minute);
      case 'S': return digits(2, 1, 0, 59, fields.second);
      case 'f': return fraction(6, fields.micros);
      case 'g':
        if (!fraction(3, fields.micros)) return false;
        fields.micros *= 1000;
        return true;
      case 'p': return half_of_day(fields.afternoon);
      case 'a': return name(7, 3, &day_name, 0).has_value();
      case 'A': return name(7, Text::npos, &day_name, 0).has_value();
      case 'b': return month(name(12, 3, &month_name, 1), fields);
      default: return month(name(12, Text::npos, &month_name, 1), fields);
    }
  }

 private:
  // At most `most` digits, at least `least`.
  template <class T>
  bool digits(size_t most, size_t least, int64_t low, int64_t high, T& answer) {
    size_t count = 0;
    int64_t number = 0;
    for (; count < most && count < rest_.size() && rest_[count] >= '0' && rest_[count] <= '9'; ++count)
      number = number * 10 + (rest_[count] - '0');
    if (count < least || number < low || number > high) return false;
    rest_.remove_prefix(count);
    answer = static_cast<T>(number);
    return true;
  }
  // Digits after the point of a second: "5" of six is 500000.
  bool fraction(size_t width, int64_t& answer) {
    size_t before = rest_.size();
    if (!digits(width, 1, 0, 999'999, answer)) return false;
    for (size_t count = before - rest_.size(); count < width; ++count) answer *= 10;
    return true;
  }
  bool half_of_day(int& afternoon) {
    if (rest_.size() < 2 || lower(rest_[1]) != 'm') return false;
    char half = lower(rest_[0]);
    afternoon = half == 'p';
    rest_.remove_prefix(2);
    return half == 'p' || half == 'a';
  }
  // Which of the names comes next.
  std::optional<size_t> name(size_t count, size_t letters, Text (*name_of)(size_t), size_t first) {
    for (size_t i = 0; i < count; ++i) {
      Text name = name_of(i + first).substr(0, letters);
      if (!starts_with_any_case(rest_, name)) continue;
      rest_.remove_prefix(name.size());
      return i;
    }
    return std::nullopt;
  }
  static bool month(std::optional<size_t> found, Fields& fields) {
    if (found) fields.civil.month = static_cast<int32_t>(*found + 1);
    return found.has_value();
  }

  Text rest_;
};

enum class Special : uint8_t { kNone, kInfinity, kMinusInfinity, kEpoch };

// kNone also where more follows than spaces: then no format matches either.
Special special_of(Text text) {
  const std::pair<Text, Special> kNames[] = {
      {"infinity", Special::kInfinity}, {"-infinity", Special::kMinusInfinity}, {"epoch", Special::kEpoch}};
  for (const auto& [name, special] : kNames) {
    if (!starts_with_any_case(text, name)) continue;
    Reader rest(text.substr(name.size()));
    rest.skip_spaces();
    return rest.at_end() ? special : Special::kNone;
  }
  return Special::kNone;
}

bool begins_special(Text text) {
  return starts_with_any_case(text, "infinity") || starts_with_any_case(text, "-infinity") ||
         starts_with_any_case(text, "epoch");
}

std::optional<int64_t> moment_of(const Fields& fields) {
  auto date = date_of(fields.civil);
  if (!date) return std::nullopt;
  return timestamp_of(*date, fields.hour * kMicrosPerHour + fields.minute * kMicrosPerMinute +
                                 fields.second * kMicrosPerSecond + fields.micros);
}

bool read(Text text, const TimeFormat& format, Fields& fields) {
  Reader reader(text);
  for (const TimeFormat::Part& part : format.parts) {
    if (!reader.literal(part.before) || !reader.part(part.specifier, fields)) return false;
  }
  if (!reader.literal(format.rest)) return false;
  reader.skip_spaces();
  if (!reader.at_end()) return false;
  if (fields.afternoon < 0) return true;
  if (fields.hour > 12) return false;
  fields.hour = fields.hour % 12 + (fields.afternoon == 1 ? 12 : 0);
  return true;
}

// Formats are the constant argument 1: one, or a list of which the first that matches counts.
std::vector<TimeFormat> formats_of(const plan::Expression& call) {
  std::vector<TimeFormat> formats;
  auto add = [&](const plan::Expression& text) {
    if (text.kind != plan::Expression::Kind::kConstant || text.constant.null()) return false;
    auto format = parse_time_format(std::get<std::string>(text.constant.data), kKnown);
    if (format) formats.push_back(std::move(*format));
    return format.has_value();
  };
  const plan::Expression& argument = *call.arguments[1];
  if (argument.type.id == TypeId::kVarchar) {
    add(argument);
  } else if (argument.kind == plan::Expression::Kind::kCall && argument.name == "list_value") {
    for (const auto& one : argument.arguments) {
      if (!add(*one)) return {};
    }
  }
  return formats;
}

// kTry: what cannot be read is NULL, and what is infinite, or `epoch`, is 1900-01-01, as in DuckDB.
template <bool kTry>
struct Parse {
  explicit Parse(const Call& call) : formats(formats_of(call.expression)) {}
  bool parse(Text text, int64_t& answer) const {
    while (!text.empty() && space(text[0])) text.remove_prefix(1);
    if (begins_special(text)) {
      switch (special_of(text)) {
        case Special::kNone: return false;
        case Special::kInfinity: answer = kInfiniteTimestamp; break;
        case Special::kMinusInfinity: answer = -kInfiniteTimestamp; break;
        case Special::kEpoch: answer = 0; break;
      }
      if (kTry) answer = *moment_of(Fields{});
      return true;
    }
    for (const TimeFormat& format : formats) {
      Fields fields;
      if (!read(text, format, fields)) continue;
      auto timestamp = moment_of(fields);
      if (timestamp) answer = *timestamp;
      if (timestamp || !kTry) return timestamp.has_value();
    }
    return false;
  }
  std::vector<TimeFormat> formats;
};

struct MustParse : Parse<false> {
  using Parse<false>::Parse;
  bool call(Text text, Text, int64_t& answer) const { return parse(text, answer); }
  [[noreturn]] static void fail(Text text, Text format) {
    fail_value(fmt::format("'{}' does not have the form '{}'", text, format));
  }
};
struct TryParse : Parse<true> {
  using Parse<true>::Parse;
  bool call(Text text, Text, int64_t& answer) const { return parse(text, answer); }
};

// With a list of formats.
template <bool kTry>
void run_list(const Call& call, Answer& answer) {
  Parse<kTry> parse(call);
  auto* out = answer.values<int64_t>(call.rows);
  uint8_t* valid = answer.valid(call.rows);
  for (size_t i = 0; i < call.rows; ++i) {
    out[i] = 0;
    valid[i] = call.valid == nullptr || call.valid[i];
    if (!valid[i]) continue;
    valid[i] = parse.parse(call.arguments[0].text(i), out[i]);
    if (!kTry && !valid[i]) fail_value(fmt::format("'{}' has none of the forms", call.arguments[0].text(i)));
  }
}

std::optional<std::string> check_formats(const plan::Expression& call) {
  if (!formats_of(call).empty()) return std::nullopt;
  return signature(call) + " is supported for constant formats of years, months, days and times only";
}

}  // namespace

const KernelTable& strptime_kernels() {
  using K = Kind;
  static const KernelTable table = [] {
    KernelTable made = {
        row_kernel<MustParse, int64_t, Text, Text>("strptime", {K::kVarchar, K::kVarchar}, K::kTimestamp),
        row_kernel<TryParse, int64_t, Text, Text>("try_strptime", {K::kVarchar, K::kVarchar}, K::kTimestamp),
        {"strptime", {K::kVarchar, K::kList}, K::kTimestamp, &run_list<false>, true},
        {"try_strptime", {K::kVarchar, K::kList}, K::kTimestamp, &run_list<true>},
    };
    for (Kernel& kernel : made) kernel.check = &check_formats;
    return made;
  }();
  return table;
}

}  // namespace segue::engine

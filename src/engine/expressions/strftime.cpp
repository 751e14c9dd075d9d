// strftime(value, format), or with the format first: dates and timestamps as text.
#include <algorithm>
#include <cstdlib>

#include <fmt/format.h>

#include "columns/value.h"
#include "engine/expressions/calendar.h"
#include "engine/expressions/rows.h"
#include "engine/expressions/time_format.h"

namespace segue::engine {
namespace {

using Text = std::string_view;

constexpr Text kKnown = "aAwudbBmyYGHIpMSfgjUWVzZn";

// Day and time in the parts that specifiers ask for.
struct Moment {
  int32_t date;
  Civil civil;
  int64_t time;  // microseconds since midnight

  int64_t hour() const { return time / kMicrosPerHour; }
  int64_t hour_of_twelve() const { return hour() % 12 == 0 ? 12 : hour() % 12; }
  int64_t minute() const { return time / kMicrosPerMinute % 60; }
  int64_t second() const { return time / kMicrosPerSecond % 60; }
  int64_t micros() const { return time % kMicrosPerSecond; }
  size_t weekday() const { return static_cast<size_t>(iso_weekday(date) % 7); }
  int32_t day_of_year() const {
    int32_t days = civil.day;
    for (int32_t month = 1; month < civil.month; ++month) days += days_of_month(civil.year, month);
    return days;
  }
};

[[noreturn]] void out_of_range(int32_t date) {
  fail_value(fmt::format("out of range: the week of {}", to_string(Value{TypeId::kDate, int64_t{date}})));
}

// Weeks begin with the first Monday (or Sunday) of the year; what is before is week 0.
int32_t week_of_year(const Moment& moment, bool monday_first) {
  auto first = date_of({moment.civil.year, 1, 1});
  if (!first) out_of_range(moment.date);
  int32_t weekday = iso_weekday(*first);
  int32_t start = monday_first ? (8 - weekday) % 7 : 7 - weekday;
  int32_t day = moment.day_of_year() - 1;
  return day < start ? 0 : (day - start) / 7 + 1;
}

IsoWeek iso_week_of(const Moment& moment) {
  auto week = iso_week(moment.date);
  if (!week) out_of_range(moment.date);
  return *week;
}

class Printer {
 public:
  explicit Printer(std::string& out) : out_(out) {}
  void text(Text text) { out_ += text; }
  // The last `digits` digits of a number that is not negative, zeros before it.
  void number(uint64_t value, size_t digits) {
    size_t end = out_.size() + digits;
    out_.resize(end);
    for (size_t i = 1; i <= digits; ++i, value /= 10) out_[end - i] = static_cast<char>('0' + value % 10);
  }
  void short_number(int64_t value) { out_ += fmt::format_int(value).c_str(); }

 private:
  std::string& out_;
};

void print(const TimeFormat::Part& part, const Moment& moment, Printer& out) {
  auto padded = [&](int64_t value, size_t digits) {
    part.padded ? out.number(static_cast<uint64_t>(value), digits) : out.short_number(value);
  };
  switch (part.specifier) {
    case 'a': return out.text(day_name(moment.weekday()).substr(0, 3));
    case 'A': return out.text(day_name(moment.weekday()));
    case 'w': return out.short_number(static_cast<int64_t>(moment.weekday()));
    case 'u': return out.short_number(iso_weekday(moment.date));
    case 'd': return padded(moment.civil.day, 2);
    case 'b': return out.text(month_name(static_cast<size_t>(moment.civil.month)).substr(0, 3));
    case 'B': return out.text(month_name(static_cast<size_t>(moment.civil.month)));
    case 'm': return padded(moment.civil.month, 2);
    case 'y': return padded(std::abs(moment.civil.year) % 100, 2);
    case 'Y':
      if (moment.civil.year >= 0 && moment.civil.year <= 9999)
        return out.number(static_cast<uint64_t>(moment.civil.year), 4);
      return out.short_number(moment.civil.year);
    case 'G': return out.number(static_cast<uint32_t>(iso_week_of(moment).year), 4);
    case 'V': return out.number(static_cast<uint64_t>(iso_week_of(moment).week), 2);
    case 'U': return out.number(static_cast<uint64_t>(week_of_year(moment, false)), 2);
    case 'W': return out.number(static_cast<uint64_t>(week_of_year(moment, true)), 2);
    case 'j': return padded(moment.day_of_year(), 3);
    case 'H': return padded(moment.hour(), 2);
    case 'I': return padded(moment.hour_of_twelve(), 2);
    case 'p': return out.text(moment.hour() >= 12 ? "PM" : "AM");
    case 'M': return padded(moment.minute(), 2);
    case 'S': return padded(moment.second(), 2);
    case 'g': return out.number(static_cast<uint64_t>(moment.micros() / 1000), 3);
    case 'f': return out.number(static_cast<uint64_t>(moment.micros()), 6);
    case 'n': return out.number(static_cast<uint64_t>(moment.micros() * 1000), 9);
    case 'z': return out.text("+00");
    default: return;  // %Z: what has no time zone prints none
  }
}

// Which of the two arguments is the format.
size_t format_argument(const plan::Expression& call) { return call.arguments[0]->type.id == TypeId::kVarchar ? 0 : 1; }

class Format {
 public:
  explicit Format(const Call& call)
      : format_(*parse_time_format(
            std::get<std::string>(constant_argument(call.expression, format_argument(call.expression))->data),
            kKnown)) {}

  Text print(const Moment& moment, TextArena& arena) const {
    line_.clear();
    Printer out(line_);
    for (const TimeFormat::Part& part : format_.parts) {
      out.text(part.before);
      engine::print(part, moment, out);
    }
    out.text(format_.rest);
    return arena.copy(line_);
  }

 private:
  TimeFormat format_;
  mutable std::string line_;
};

Text infinity(bool positive) { return positive ? "infinity" : "-infinity"; }

struct PrintDate {
  explicit PrintDate(const Call& call) : format(call) {}
  Text call(int32_t date, Text, TextArena& arena) const {
    if (!finite(date)) return infinity(date > 0);
    return format.print({date, civil_of(date), 0}, arena);
  }
  Text call(Text, int32_t date, TextArena& arena) const { return call(date, Text(), arena); }
  Format format;
};
struct PrintTimestamp {
  explicit PrintTimestamp(const Call& call) : format(call) {}
  Text call(int64_t timestamp, Text, TextArena& arena) const {
    if (!finite(timestamp)) return infinity(timestamp > 0);
    int32_t date = date_of_timestamp(timestamp);
    return format.print({date, civil_of(date), time_of_timestamp(timestamp)}, arena);
  }
  Text call(Text, int64_t timestamp, TextArena& arena) const { return call(timestamp, Text(), arena); }
  Format format;
};

std::optional<TimeFormat> format_of(const plan::Expression& call) {
  const Value* text = constant_argument(call, format_argument(call));
  return text == nullptr ? std::nullopt : parse_time_format(std::get<std::string>(text->data), kKnown);
}

std::optional<std::string> check_format(const plan::Expression& call) {
  if (format_of(call)) return std::nullopt;
  return signature(call) + " is supported for a constant format only";
}

// Only weeks can be out of range.
bool can_fail(const plan::Expression& call) {
  auto format = format_of(call);
  return !format || std::any_of(format->parts.begin(), format->parts.end(), [](const TimeFormat::Part& part) {
    return Text("GVUW").find(part.specifier) != Text::npos;
  });
}

}  // namespace

const KernelTable& strftime_kernels() {
  using K = Kind;
  static const KernelTable table = [] {
    KernelTable made = {
        row_kernel<PrintDate, Text, int32_t, Text>("strftime", {K::kDate, K::kVarchar}, K::kVarchar),
        row_kernel<PrintDate, Text, Text, int32_t>("strftime", {K::kVarchar, K::kDate}, K::kVarchar),
        row_kernel<PrintTimestamp, Text, int64_t, Text>("strftime", {K::kTimestamp, K::kVarchar}, K::kVarchar),
        row_kernel<PrintTimestamp, Text, Text, int64_t>("strftime", {K::kVarchar, K::kTimestamp}, K::kVarchar),
    };
    for (Kernel& kernel : made) {
      kernel.check = &check_format;
      kernel.fallible = true;
      kernel.can_fail = &can_fail;
    }
    return made;
  }();
  return table;
}

}  // namespace segue::engine

// Casts from VARCHAR to everything else.
#include "engine/expressions/casts.h"
#include "engine/expressions/numbers.h"
#include "engine/expressions/parse_numbers.h"
#include "engine/expressions/parse_times.h"

namespace segue::engine {
namespace {

template <class T>
struct TextToInteger {
  static bool try_cast(std::string_view text, T& answer) {
    int64_t value;
    if (!parse_integer(text, value)) return false;
    answer = static_cast<T>(value);
    return answer == value;
  }
};
struct TextToHugeint {
  static bool try_cast(std::string_view text, Int128& answer) { return parse_integer(text, answer); }
};
template <class T>
struct TextToFloat {
  static bool try_cast(std::string_view text, T& answer) { return parse_float(text, answer); }
};
template <class T>
struct TextToDecimal {
  explicit TextToDecimal(const Call& call) : width_(call.type().width), scale_(call.type().scale) {}
  bool try_cast(std::string_view text, T& answer) const {
    Int128 value;
    if (!parse_decimal(text, width_, scale_, value)) return false;
    answer = static_cast<T>(value);
    return true;
  }

 private:
  int width_, scale_;
};
struct TextToBoolean {
  static bool try_cast(std::string_view text, uint8_t& answer) {
    char lower[8];
    if (text.size() > 5) return false;
    for (size_t i = 0; i < text.size(); ++i)
      lower[i] = text[i] >= 'A' && text[i] <= 'Z' ? static_cast<char>(text[i] + 32) : text[i];
    std::string_view word(lower, text.size());
    answer = word == "true" || word == "t" || word == "yes" || word == "y" || word == "1";
    return answer || word == "false" || word == "f" || word == "no" || word == "n" || word == "0";
  }
};
struct TextToDate {
  static bool try_cast(std::string_view text, int32_t& answer) { return parse_date(text, answer); }
};
struct TextToTimestamp {
  static bool try_cast(std::string_view text, int64_t& answer) { return parse_timestamp(text, answer); }
};
struct TextToInterval {
  static bool try_cast(std::string_view text, Interval& answer) { return parse_interval(text, answer); }
};
struct TextToText {
  static bool try_cast(std::string_view text, std::string_view& answer) {
    answer = text;
    return true;
  }
};

template <class Op, class R>
void add(KernelTable& table, Kind to) {
  add_casts<Op, R, std::string_view>(table, Kind::kVarchar, to, true);
}

}  // namespace

const KernelTable& parse_cast_kernels() {
  static const KernelTable table = [] {
    KernelTable made;
    add<TextToBoolean, uint8_t>(made, Kind::kBoolean);
    add<TextToInteger<int8_t>, int8_t>(made, Kind::kTinyint);
    add<TextToInteger<int16_t>, int16_t>(made, Kind::kSmallint);
    add<TextToInteger<int32_t>, int32_t>(made, Kind::kInteger);
    add<TextToInteger<int64_t>, int64_t>(made, Kind::kBigint);
    add<TextToHugeint, Int128>(made, Kind::kHugeint);
    add<TextToFloat<float>, float>(made, Kind::kFloat);
    add<TextToFloat<double>, double>(made, Kind::kDouble);
    add<TextToDecimal<int64_t>, int64_t>(made, Kind::kDecimal);
    add<TextToDecimal<Int128>, Int128>(made, Kind::kWideDecimal);
    add<TextToDate, int32_t>(made, Kind::kDate);
    add<TextToTimestamp, int64_t>(made, Kind::kTimestamp);
    add<TextToInterval, Interval>(made, Kind::kInterval);
    add_casts<TextToText, std::string_view, std::string_view>(made, Kind::kVarchar, Kind::kVarchar, false);
    add_casts<TextToText, std::string_view, std::string_view>(made, Kind::kBlob, Kind::kBlob, false);
    return made;
  }();
  return table;
}

}  // namespace segue::engine

// Random files read by the scanner, cut at random places, by every instruction set, against a reader that goes byte by
// byte.
#include <random>

#include <gtest/gtest.h>

#include "formats/gzip_helpers.h"
#include "formats/scan_helpers.h"
#include "formats/slow_reader.h"

namespace segue::formats {
namespace {

struct Maker {
  std::mt19937_64 random;
  size_t below(size_t n) { return random() % n; }
  bool one_in(size_t n) { return below(n) == 0; }

  std::string delimiter;  // parts of it stand in texts too
  std::optional<char> quote;

  std::string text() {
    static const std::vector<std::string> kTexts = {"a",        "Radiohead",  "José González",
                                                    "初音ミク", "🎵",          "a\rb",
                                                    " x ",      "\"quoted\"", "Boy, Boy, Boy (Switch Remix)"};
    if (one_in(6)) return "";
    if (quote && one_in(20)) return "a" + std::string(1 + below(2), *quote) + "b";
    if (one_in(40)) return "Jos\xE9";
    if (one_in(40)) return std::string("n\0l", 3);
    if (one_in(30)) return std::string(below(300), 'z');
    if (delimiter.size() > 1 && one_in(4)) return part() + (one_in(2) ? "x" : "") + part();
    if (one_in(3)) return "t" + std::to_string(below(1000));
    return kTexts[below(kTexts.size())];
  }
  std::string part() { return delimiter.substr(below(delimiter.size()), 1 + below(delimiter.size() - 1)); }
  std::string number() {
    if (one_in(8)) return "";
    if (one_in(30)) return "12x";
    if (one_in(30)) return "9223372036854775808";
    std::string digits = std::to_string(random() >> below(64));
    if (digits.size() > 18) digits.resize(18);
    return (one_in(3) ? "-" : "") + digits;
  }
  std::string time() {
    if (one_in(8)) return "";
    if (one_in(40)) return "2009-02-30T00:00:00Z";
    if (one_in(40)) return "2009-05-04T23";
    char buffer[64];
    std::snprintf(buffer, sizeof buffer, "%04zu-%02zu-%02zu%c%02zu:%02zu:%02zu%s", 1890 + below(320), 1 + below(12),
                  1 + below(28), one_in(2) ? 'T' : ' ', below(24), below(60), below(60), one_in(2) ? "Z" : "");
    return buffer;
  }
  // The field, quoted at times, seldom wrongly; with `changed` it may hold what only quoted ones can.
  std::string quoted(std::string field, bool changed = false) {
    if (!quote || one_in(2)) return field;
    while (changed && one_in(3)) {
      const std::string parts[] = {"\n", "\r\n", delimiter, std::string(1, *quote), "x"};
      field.insert(below(field.size() + 1), parts[below(5)]);
    }
    std::string text(1, *quote);
    for (char c : field) text += c == *quote ? std::string(2, c) : std::string(1, c);
    if (!one_in(300)) text += *quote;
    if (one_in(200)) text += one_in(2) ? "x" : "\r";
    return text;
  }
  std::string file(const DelimitedSource& source, size_t rows) {
    std::string content = one_in(4) && source.encoding == Encoding::kUtf8 ? "\xEF\xBB\xBF" : "";
    std::string line_end = one_in(3) ? "\r\n" : "\n";
    if (source.header) {
      for (size_t i = 0; i < source.fields.size(); ++i) {
        std::string name = source.fields[i].name;
        if (quote && one_in(3)) name = std::string(1, *quote) + (one_in(2) ? name : delimiter + name) + *quote;
        content += (i ? source.delimiter : "") + name;
      }
      content += line_end;
    }
    for (size_t row = 0; row < rows; ++row) {
      if (one_in(30)) content += line_end;
      for (size_t i = 0; i < source.fields.size(); ++i) {
        if (i != 0 && !one_in(200)) content += source.delimiter;
        if (one_in(300)) content += source.delimiter;
        switch (source.fields[i].type.id) {
          case TypeId::kBigint: content += quoted(number()); break;
          case TypeId::kTimestamp: content += quoted(time()); break;
          default: content += quoted(text(), true);
        }
      }
      if (row + 1 != rows || !one_in(3)) content += line_end;
    }
    return content;
  }
};

TEST(DelimitedProperty, EveryCutAndInstructionSetReadsAsByteByByte) {
  constexpr int kCases = 500;
  TestFolder folder;
  for (int seed = 0; seed < kCases; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Maker make{std::mt19937_64(static_cast<uint64_t>(seed)), "", std::nullopt};
    DelimitedSource source;
    source.name = "plays";
    source.bad_rows.quarantine = true;
    static const std::vector<std::string> kDelimiters = {
        "\t", ",", ";", "|", "::", "||", "-+-", "\x1F\x1E", "<=next=>"};
    source.delimiter = make.delimiter = kDelimiters[make.below(kDelimiters.size())];
    if (make.one_in(2)) source.quote = make.quote = make.one_in(2) ? '"' : '\'';
    if (make.one_in(3)) source.encoding = Encoding::kLatin1;
    source.header = make.one_in(3);
    size_t columns = 1 + make.below(6);
    constexpr TypeId kTypes[] = {TypeId::kVarchar, TypeId::kBigint, TypeId::kTimestamp};
    for (size_t i = 0; i < columns; ++i) {
      source.fields.push_back({"c" + std::to_string(i), kTypes[make.below(3)]});
      source.columns.push_back(i);
    }
    Expected expected;
    for (size_t file = 0; file < 1 + make.below(3); ++file) {
      std::string content = make.file(source, make.below(make.one_in(5) ? 3000 : 60));
      bool packed = make.one_in(5);
      source.files.push_back(
          folder.write(std::to_string(seed) + "/" + std::to_string(file) + ".tsv", packed ? gzip(content) : content));
      read_file(source, source.files.back(), content, expected);
    }
    for (simd::Level level : simd::available()) {
      SCOPED_TRACE(simd::name(level));
      ForcedLevel forced(simd::name(level));
      source.morsel_bytes = 1 + make.below(make.one_in(3) ? 50 : 20000);
      source.window_bytes = 1 + make.below(make.one_in(3) ? 100 : 5000);
      source.batch_rows = 1 + make.below(make.one_in(3) ? 10 : 2000);
      expect_equal(expected, scan(source, 1 + make.below(3)));
      if (testing::Test::HasFatalFailure()) return;
    }
    source.morsel_bytes = limits::kMorselBytes;
    source.window_bytes = size_t{128} << 10;
    source.batch_rows = 2048;
    expect_equal(expected, scan(source));
    if (testing::Test::HasFatalFailure()) return;
  }
}

}  // namespace
}  // namespace segue::formats

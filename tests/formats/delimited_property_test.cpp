// Random files read by the scanner, cut at random places, by every instruction set, against a reader that goes line by
// line.
#include <random>

#include <gtest/gtest.h>

#include "base/clean_text.h"
#include "formats/convert.h"
#include "formats/scan_helpers.h"

namespace segue::formats {
namespace {

struct Expected {
  std::vector<TextRow> rows;
  std::vector<BadRow> bad;
};

// One value the slow way; a reason if it is bad. Only for the types of the test.
std::string read_value(const Type& type, const std::string& text, std::optional<std::string>& value) {
  std::string reason = explain(type, text);
  if (!reason.empty()) return reason;
  if (type.id == TypeId::kVarchar) {
    value = text;
  } else if (type.id == TypeId::kBigint) {
    value = std::to_string(std::stoll(text));
  } else {
    value = text.substr(0, 10) + " " + text.substr(11, 8);  // a timestamp: those that the test makes have one form
  }
  return "";
}

void read_file(const DelimitedSource& source, const std::string& path, std::string content, Expected& expected) {
  size_t offset = 0;
  uint64_t line = 0;
  if (content.starts_with("\xEF\xBB\xBF")) offset = 3;
  while (offset < content.size()) {
    ++line;
    size_t end = std::min(content.find('\n', offset), content.size());
    std::string row = content.substr(offset, end - offset);
    size_t at = offset;
    offset = end + 1;
    if (source.header && line == 1) continue;
    std::string raw = row;
    if (row.ends_with('\r')) row.pop_back();
    if (row.empty() && source.fields.size() > 1) continue;
    std::vector<std::string> fields(1);
    for (size_t i = 0; i < row.size();) {
      if (row.compare(i, source.delimiter.size(), source.delimiter) == 0) {
        fields.emplace_back();
        i += source.delimiter.size();
      } else {
        fields.back() += row[i++];
      }
    }
    auto bad = [&](std::string reason) {
      expected.bad.push_back({source.name, path, line, at, std::move(reason), ""});
    };
    if (fields.size() != source.fields.size()) {
      bad(std::to_string(source.fields.size()) + " fields expected, " + std::to_string(fields.size()) + " found");
      continue;
    }
    TextRow values(fields.size());
    std::string reason;
    for (size_t i = 0; i < fields.size() && reason.empty(); ++i) {
      if (fields[i].empty()) continue;
      reason = read_value(source.fields[i].type, fields[i], values[i]);
      if (!reason.empty()) reason = source.fields[i].name + ": " + reason;
    }
    if (reason.empty()) {
      expected.rows.push_back(std::move(values));
    } else {
      bad(std::move(reason));
    }
  }
}

struct Maker {
  std::mt19937_64 random;
  size_t below(size_t n) { return random() % n; }
  bool one_in(size_t n) { return below(n) == 0; }

  std::string delimiter;  // parts of it stand in texts too

  std::string text() {
    static const std::vector<std::string> kTexts = {"a",        "Radiohead",  "José González",
                                                    "初音ミク", "🎵",          "a\rb",
                                                    " x ",      "\"quoted\"", "Boy, Boy, Boy (Switch Remix)"};
    if (one_in(6)) return "";
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
  std::string file(const DelimitedSource& source, size_t rows) {
    std::string content = one_in(4) ? "\xEF\xBB\xBF" : "";
    std::string line_end = one_in(3) ? "\r\n" : "\n";
    if (source.header) {
      for (size_t i = 0; i < source.fields.size(); ++i) content += (i ? source.delimiter : "") + source.fields[i].name;
      content += line_end;
    }
    for (size_t row = 0; row < rows; ++row) {
      if (one_in(30)) content += line_end;
      for (size_t i = 0; i < source.fields.size(); ++i) {
        if (i != 0 && !one_in(200)) content += source.delimiter;
        if (one_in(300)) content += source.delimiter;
        switch (source.fields[i].type.id) {
          case TypeId::kBigint: content += number(); break;
          case TypeId::kTimestamp: content += time(); break;
          default: content += text();
        }
      }
      if (row + 1 != rows || !one_in(3)) content += line_end;
    }
    return content;
  }
};

void expect_equal(const Expected& expected, const Scanned& result) {
  ASSERT_EQ(result.rows.size(), expected.rows.size());
  for (size_t i = 0; i < expected.rows.size(); ++i) ASSERT_EQ(result.rows[i], expected.rows[i]) << "row " << i;
  ASSERT_EQ(result.bad.size(), expected.bad.size());
  for (size_t i = 0; i < expected.bad.size(); ++i) {
    ASSERT_EQ(result.bad[i].file, expected.bad[i].file);
    ASSERT_EQ(result.bad[i].line, expected.bad[i].line);
    ASSERT_EQ(result.bad[i].offset, expected.bad[i].offset);
    ASSERT_EQ(result.bad[i].reason, expected.bad[i].reason);
  }
}

TEST(DelimitedProperty, EveryCutAndInstructionSetReadsAsLineByLine) {
  constexpr int kCases = 250;
  TestFolder folder;
  for (int seed = 0; seed < kCases; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Maker make{std::mt19937_64(static_cast<uint64_t>(seed)), ""};
    DelimitedSource source;
    source.name = "plays";
    source.bad_rows.quarantine = true;
    static const std::vector<std::string> kDelimiters = {"\t", ",", ";", "|", "::", "||", "-+-", "\x1F\x1E", "<=next=>"};
    source.delimiter = make.delimiter = kDelimiters[make.below(kDelimiters.size())];
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
      source.files.push_back(folder.write(std::to_string(seed) + "/" + std::to_string(file) + ".tsv", content));
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

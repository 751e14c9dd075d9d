// JSON: lines or one document, three sizes of pieces; a line's end; then the file.
#include <algorithm>
#include <map>
#include <optional>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "formats/packing.h"
#include "formats/scan_helpers.h"
#include "fuzz/fuzz.h"

namespace segue::fuzz {
namespace {

using Json = nlohmann::json;

std::vector<Field> fields() {
  return {{"s", TypeId::kVarchar},
          {"n", TypeId::kBigint},
          {"d", TypeId::kDouble},
          {"t", TypeId::kTimestamp},
          {"l", Type::list(TypeId::kVarchar)},
          {"o", Type::structure({{"n", TypeId::kInteger}, {"s", TypeId::kVarchar}})}};
}

// The first and second column of a line, as another parser reads it; nothing if it is not plain to say.
std::optional<std::pair<std::optional<std::string>, std::optional<std::string>>> plain_row(const std::string& line) {
  std::map<std::string, size_t> keys;
  auto count = [&](int depth, Json::parse_event_t event, Json& value) {
    if (event == Json::parse_event_t::key && depth == 1) ++keys[value.get<std::string>()];
    return true;
  };
  // To it these are a mark to skip and the end.
  if (line.starts_with("\xEF\xBB\xBF") || line.find('\0') != std::string::npos) return std::nullopt;
  Json object = Json::parse(line, count, false);
  if (!object.is_object()) return std::nullopt;
  std::pair<std::optional<std::string>, std::optional<std::string>> row;
  for (const auto& [key, times] : keys) {
    if (times != 1) return std::nullopt;
    const Json& value = object.at(key);
    if (key == "s" && value.is_string() && value.get_ref<const std::string&>().find('\0') == std::string::npos) {
      row.first = value.get<std::string>();
    } else if (key == "n" && value.is_number_integer() && line.find_first_of("eE.") == std::string::npos &&
               !(value.is_number_unsigned() && value.get<uint64_t>() > INT64_MAX)) {
      row.second = std::to_string(value.get<int64_t>());
    } else if (!value.is_null()) {
      return std::nullopt;
    }
  }
  return row;
}

// Lines that another parser reads as rows of two columns are these rows.
void expect_plain_rows(const std::string& text, const formats::Scanned& scanned) {
  std::map<uint64_t, const formats::BadRow*> bad;
  for (const auto& row : scanned.bad) bad[row.line] = &row;
  size_t next = 0;
  uint64_t number = 1;
  for (size_t begin = 0; begin < text.size(); ++number) {
    size_t end = std::min(text.find('\n', begin), text.size());
    std::string line = text.substr(begin, end - begin);
    begin = end + 1;
    if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
    auto expected = plain_row(line);
    if (auto found = bad.find(number); found != bad.end()) {
      ASSERT_FALSE(expected.has_value()) << "line " << number << ": " << found->second->reason;
      continue;
    }
    ASSERT_LT(next, scanned.rows.size());
    const formats::TextRow& row = scanned.rows[next++];
    if (!expected) continue;
    ASSERT_EQ(row[0], expected->first) << "line " << number;
    ASSERT_EQ(row[1], expected->second) << "line " << number;
  }
  ASSERT_EQ(next, scanned.rows.size());
}

}  // namespace

void run(std::string_view input) {
  constexpr size_t kPieces[] = {1 << 20, 1, 7, 64, 300};
  Options options(input);
  auto source = formats::source_of<formats::JsonSource>({}, fields());
  source.bad_rows.quarantine = true;
  source.lines = options.flag();
  size_t morsel = kPieces[options.below(5)], window = kPieces[options.below(5)], rows = kPieces[options.below(5)];
  if (input.starts_with('\n')) input.remove_prefix(1);
  if (formats::packing_of(input) != formats::Packing::kNone) return;  // no text
  MemoryFile file(input);
  source.files = {file.path()};
  std::optional<formats::Scanned> whole;
  try {
    whole = formats::scan(source);
  } catch (const Failure& failure) {
    if (of_packing(failure)) return;
    ASSERT_TRUE(failure.error().code == ErrorCode::kData) << failure.what();
  }
  bool marked = input.starts_with("\xEF\xBB\xBF");
  if (whole && source.lines && !marked) expect_plain_rows(std::string(input), *whole);

  // Cuts change nothing.
  source.morsel_bytes = morsel;
  source.window_bytes = window;
  source.batch_rows = std::min<size_t>(rows, 2048);
  try {
    formats::Scanned cut = formats::scan(source);
    ASSERT_TRUE(whole.has_value());
    ASSERT_EQ(cut.rows, whole->rows);
    ASSERT_EQ(cut.bad.size(), whole->bad.size());
    for (size_t i = 0; i < cut.bad.size(); ++i) {
      ASSERT_EQ(cut.bad[i].line, whole->bad[i].line);
      ASSERT_EQ(cut.bad[i].offset, whole->bad[i].offset);
      ASSERT_EQ(cut.bad[i].reason, whole->bad[i].reason);
    }
  } catch (const Failure& failure) {
    ASSERT_FALSE(whole.has_value()) << failure.what();
  }
}

}  // namespace segue::fuzz

// Archives: the options of delimited_fuzz.cpp; a character for the pattern of members; a line's end; then the file.
#include <optional>

#include "base/error.h"
#include "formats/packing.h"
#include "fuzz/delimited.h"

namespace segue::fuzz {
namespace {

struct Outcome {
  std::optional<formats::Scanned> scanned;
  Error error;
};

Outcome outcome(const formats::DelimitedSource& source) {
  try {
    return {formats::scan(source), {}};
  } catch (const Failure& failure) {
    return {std::nullopt, failure.error()};
  }
}

}  // namespace

// However the archive is cut, its rows are the same; what is wrong with it is an error at the archive or at a member.
void run(std::string_view input) {
  Options options(input);
  formats::DelimitedSource source = delimited_source(options);
  static const std::vector<std::string> kPatterns = {"", "*.tsv", "**/b*", "a/*"};
  source.members = kPatterns[options.below(kPatterns.size())];
  if (input.starts_with('\n')) input.remove_prefix(1);
  formats::Packing packing = formats::packing_of(input.substr(0, formats::kHeadBytes));
  if (packing == formats::Packing::kNone || packing == formats::Packing::kGzip) return;
  MemoryFile file(input);
  source.files = {file.path()};
  Outcome cut = outcome(source);
  source.morsel_bytes = limits::kMorselBytes;
  source.window_bytes = size_t{128} << 10;
  Outcome whole = outcome(source);
  ASSERT_EQ(cut.scanned.has_value(), whole.scanned.has_value()) << cut.error.message << whole.error.message;
  if (cut.scanned) {
    EXPECT_EQ(cut.scanned->rows, whole.scanned->rows);
    ASSERT_EQ(cut.scanned->bad.size(), whole.scanned->bad.size());
    for (size_t i = 0; i < cut.scanned->bad.size(); ++i) {
      const formats::BadRow &a = cut.scanned->bad[i], &b = whole.scanned->bad[i];
      EXPECT_EQ(std::tie(a.file, a.line, a.offset, a.reason, a.text),
                std::tie(b.file, b.line, b.offset, b.reason, b.text));
    }
    return;
  }
  for (const Error& error : {cut.error, whole.error}) {
    EXPECT_TRUE(error.code == ErrorCode::kData || error.code == ErrorCode::kLimit) << error.message;
    EXPECT_TRUE(error.place.file.starts_with(source.files[0])) << error.place.file;
  }
}

}  // namespace segue::fuzz

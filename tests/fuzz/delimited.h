// A delimited source whose form the input chooses, and what must hold of it.
#pragma once

#include <string>

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/simd.h"
#include "formats/delimited.h"
#include "formats/slow_reader.h"
#include "fuzz/fuzz.h"

namespace segue::fuzz {

// Cut into tiny pieces or not: every path through windows, morsels and batches.
inline formats::DelimitedSource delimited_source(Options& options) {
  static const std::vector<std::string> kDelimiters = {",", "\t", ";", "::", "||", "-+-", "\x1F\x1E", "<=next=>"};
  constexpr TypeId kTypes[] = {TypeId::kVarchar, TypeId::kBigint, TypeId::kTimestamp};
  constexpr size_t kPieces[] = {1 << 20, 1, 7, 64, 300};
  formats::DelimitedSource source;
  source.name = "plays";
  source.bad_rows.quarantine = true;
  source.delimiter = kDelimiters[options.below(kDelimiters.size())];
  if (size_t quote = options.below(3); quote != 0) source.quote = quote == 1 ? '"' : '\'';
  if (options.flag()) source.encoding = formats::Encoding::kLatin1;
  source.header = options.flag();
  source.morsel_bytes = kPieces[options.below(5)];
  source.window_bytes = kPieces[options.below(5)];
  source.batch_rows = std::min<size_t>(kPieces[options.below(5)], 2048);
  size_t columns = 1 + options.below(4);
  for (size_t i = 0; i < columns; ++i) {
    source.fields.push_back({"c" + std::to_string(i), kTypes[options.below(3)]});
    source.columns.push_back(i);
  }
  return source;
}

// Every instruction set reads the rows that reading `text`, what the file says, byte by byte gives.
inline void expect_slow_rows(const formats::DelimitedSource& source, const std::string& text) {
  formats::Expected expected;
  formats::read_file(source, source.files[0], text, expected);
  for (simd::Level level : simd::available()) {
    SCOPED_TRACE(simd::name(level));
    formats::ForcedLevel forced(simd::name(level));
    formats::Scanned scanned;
    try {
      scanned = formats::scan(source);
    } catch (const Failure& failure) {
      if (of_packing(failure)) return;
      ASSERT_TRUE(failure.error().code == ErrorCode::kData) << failure.what();
      bool utf16 = text.starts_with("\xFF\xFE") || text.starts_with("\xFE\xFF");
      bool utf8 = source.encoding == formats::Encoding::kLatin1 && text.starts_with("\xEF\xBB\xBF");
      ASSERT_TRUE(source.header || utf16 || utf8) << failure.what();
      return;
    }
    formats::expect_equal(expected, scanned);
  }
}

}  // namespace segue::fuzz

#include "base/utf8.h"

#include <gtest/gtest.h>

namespace segue {
namespace {

TEST(Utf8, LengthsOfCodePoints) {
  EXPECT_EQ(utf8_length("a", 0), 1u);
  EXPECT_EQ(utf8_length("é", 0), 2u);
  EXPECT_EQ(utf8_length("日", 0), 3u);
  EXPECT_EQ(utf8_length("🎵", 0), 4u);
}

TEST(Utf8, WhatIsInvalid) {
  EXPECT_EQ(invalid_utf8("Sigur Rós 🎵"), std::string_view::npos);
  EXPECT_EQ(invalid_utf8("ab\xE9"), 2u) << "cut at the end";
  EXPECT_EQ(invalid_utf8("\xC3"), 0u);
  EXPECT_EQ(invalid_utf8("a\x80"), 1u) << "begins in the middle";
  EXPECT_EQ(invalid_utf8("\xC0\x80"), 0u) << "overlong";
  EXPECT_EQ(invalid_utf8("\xE0\x80\x80"), 0u) << "overlong";
  EXPECT_EQ(invalid_utf8("\xF0\x80\x80\x80"), 0u) << "overlong";
  EXPECT_EQ(invalid_utf8("\xED\xA0\x80"), 0u) << "surrogate";
  EXPECT_EQ(invalid_utf8("\xF4\x90\x80\x80"), 0u) << "past U+10FFFF";
  EXPECT_EQ(invalid_utf8("\xFF"), 0u);
}

TEST(Utf8, PrintableTextHasNoControlCharacters) {
  EXPECT_EQ(printable_utf8("a\tb\n"), "a\tb\n");
  EXPECT_EQ(printable_utf8("\x1b[31mred"), "\uFFFD[31mred");
  EXPECT_EQ(printable_utf8(std::string_view("a\0b\x7F", 4)), "a\uFFFDb\uFFFD");
  EXPECT_EQ(printable_utf8("\u009B31m"), "\uFFFD31m") << "C1 controls can begin escapes as well";
  EXPECT_EQ(printable_utf8("caf\xE9"), "caf\uFFFD");
}

TEST(Utf8, CountsCodePoints) {
  EXPECT_EQ(code_points(""), 0u);
  EXPECT_EQ(code_points("Rós"), 3u);
  EXPECT_EQ(code_points("日本🎵"), 3u);
  EXPECT_EQ(code_points("R\xF3s"), 3u);
  for (size_t count : {1, 254, 255, 256, 511, 1000}) {
    std::string text;
    for (size_t i = 0; i < count; ++i) text += i % 3 == 0 ? "é" : "e";
    EXPECT_EQ(code_points(text), count);
  }
}

}  // namespace
}  // namespace segue

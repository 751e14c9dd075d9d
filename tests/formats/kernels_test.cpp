// Each instruction set against the simplest loop, with neighbours that must not matter.
#include "formats/kernels.h"

#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/memory.h"
#include "formats/values.h"

namespace segue::formats {
namespace {

class KernelsTest : public testing::TestWithParam<simd::Level> {
 protected:
  const Kernels& level = kernels(GetParam());
};

TEST_P(KernelsTest, FindsEverySeparatorOfTextsOfAllLengths) {
  std::mt19937 random(3);
  for (size_t bytes = 0; bytes < 400; ++bytes) {
    for (unsigned density : {1u, 3u, 30u}) {
      Block block(bytes);
      char* text = reinterpret_cast<char*>(block.data());
      std::memset(text - kPadding, '\n', bytes + 2 * kPadding);
      std::vector<uint32_t> expected;
      size_t lines = 0;
      for (size_t i = 0; i < bytes; ++i) {
        static constexpr char kOthers[] = {'a',    '\t', '\n',   '\x0B', '\x08', '\x89',
                                           '\x8A', '\0', '\xFF', '\x7F', '*',    ','};
        text[i] = random() % density == 0 ? "\t\n"[random() % 2] : kOthers[random() % sizeof kOthers];
        if (text[i] != '\t' && text[i] != '\n') continue;
        expected.push_back(static_cast<uint32_t>(i));
        lines += text[i] == '\n';
      }
      std::vector<uint32_t> positions(bytes + 64);
      Separators found = level.find_separators(text, bytes, '\t', positions.data());
      ASSERT_EQ(found.count, expected.size());
      ASSERT_EQ(found.lines, lines);
      positions.resize(found.count);
      ASSERT_EQ(positions, expected);
      std::vector<uint32_t> with_commas;
      for (size_t i = 0; i < bytes; ++i) {
        if (text[i] == '\t' || text[i] == '\n' || text[i] == ',') with_commas.push_back(static_cast<uint32_t>(i));
      }
      positions.resize(bytes + 64);
      found = level.find_marks(text, bytes, '\t', ',', positions.data());
      ASSERT_EQ(found.lines, lines);
      positions.resize(found.count);
      ASSERT_EQ(positions, with_commas);
    }
  }
}

TEST_P(KernelsTest, FindsDelimitersOfEveryByte) {
  Block block(256);
  char* text = reinterpret_cast<char*>(block.data());
  for (int i = 0; i < 256; ++i) text[i] = static_cast<char>(i);
  for (int delimiter = 0; delimiter < 256; ++delimiter) {
    if (delimiter == '\n') continue;
    std::vector<uint32_t> positions(256 + 64);
    Separators found = level.find_separators(text, 256, static_cast<char>(delimiter), positions.data());
    ASSERT_EQ(found.count, 2u);
    ASSERT_EQ(found.lines, 1u);
    ASSERT_EQ(positions[delimiter < '\n' ? 0 : 1], static_cast<uint32_t>(delimiter));
  }
}

// Random changes of valid timestamps: what the kernel takes must be what the slow reader takes, and the usual form it
// must take.
TEST_P(KernelsTest, TimestampsAreThoseOfTheSlowReader) {
  std::mt19937 random(11);
  constexpr size_t kRows = 20000, kWidth = 32;
  Block block(kRows * kWidth);
  char* text = reinterpret_cast<char*>(block.data());
  std::memset(text, '7', kRows * kWidth);
  std::vector<uint32_t> begins, lengths, others(kRows);
  std::vector<bool> usual;
  for (size_t row = 0; row < kRows; ++row) {
    char buffer[64];
    bool tame = random() % 2 == 0;
    auto part = [&](unsigned most) { return random() % (tame ? most : most + 3); };
    int length =
        std::snprintf(buffer, sizeof buffer, "%04u-%02u-%02u%c%02u:%02u:%02u%s",
                      tame ? 1900 + static_cast<unsigned>(random()) % 300 : static_cast<unsigned>(random()) % 3000,
                      static_cast<unsigned>(tame ? 1 + random() % 12 : random() % 14),
                      static_cast<unsigned>(tame ? 1 + random() % 28 : random() % 33), "T "[random() % 2],
                      static_cast<unsigned>(part(24)), static_cast<unsigned>(part(60)), static_cast<unsigned>(part(60)),
                      random() % 2 == 0 ? "Z" : "");
    if (!tame && random() % 4 == 0) buffer[random() % static_cast<unsigned>(length)] = static_cast<char>(random());
    if (!tame && random() % 8 == 0) length -= static_cast<int>(random() % 5);
    std::memcpy(text + row * kWidth, buffer, static_cast<size_t>(length));
    begins.push_back(static_cast<uint32_t>(row * kWidth));
    lengths.push_back(static_cast<uint32_t>(length));
    usual.push_back(tame);
  }
  TextFields fields{text, begins.data(), lengths.data(), nullptr, kRows};
  std::vector<int64_t> micros(kRows);
  others.resize(level.timestamps(fields, micros.data(), others.data()));
  size_t next = 0;
  for (size_t row = 0; row < kRows; ++row) {
    if (next < others.size() && others[next] == row) {
      ASSERT_FALSE(usual[row]) << fields.text(row);
      ++next;
      continue;
    }
    int64_t expected = 0;
    ASSERT_EQ(parse_timestamp(fields.text(row), expected), Parsed::kOk) << fields.text(row);
    ASSERT_EQ(micros[row], expected) << fields.text(row);
  }
  EXPECT_EQ(next, others.size());
}

TEST_P(KernelsTest, TimestampsOfNullRowsAreLeftOut) {
  Block block(64);
  std::memset(block.data(), ' ', 64);
  std::vector<uint32_t> begins = {0, 10}, lengths = {0, 3}, others(2);
  std::vector<uint8_t> valid = {0, 1};
  std::vector<int64_t> micros(2, 77);
  TextFields fields{reinterpret_cast<const char*>(block.data()), begins.data(), lengths.data(), valid.data(), 2};
  EXPECT_EQ(level.timestamps(fields, micros.data(), others.data()), 1u);
  EXPECT_EQ(others[0], 1u);
  EXPECT_EQ(micros[0], 0);
}

INSTANTIATE_TEST_SUITE_P(Levels, KernelsTest, testing::ValuesIn(simd::available()),
                         [](const auto& info) { return std::string(simd::name(info.param)); });

}  // namespace
}  // namespace segue::formats

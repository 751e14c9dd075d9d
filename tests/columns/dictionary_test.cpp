#include "columns/dictionary.h"

#include <random>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "base/clean_text.h"
#include "base/hash.h"
#include "base/memory.h"

namespace segue {
namespace {

// Texts one after another in a padded block, as a scan holds them.
struct Fields {
  explicit Fields(const std::vector<std::string>& texts, char around = '\xFF') {
    size_t bytes = 0;
    for (const auto& text : texts) bytes += text.size() + 1;
    block = Block(bytes + 1);
    std::memset(block.data() - kPadding, around, bytes + 2 * kPadding);
    uint32_t at = 0;
    for (const auto& text : texts) {
      std::memcpy(block.data() + at, text.data(), text.size());
      begins.push_back(at);
      lengths.push_back(static_cast<uint32_t>(text.size()));
      at += static_cast<uint32_t>(text.size()) + 1;
    }
  }
  TextFields view() const {
    return {reinterpret_cast<const char*>(block.data()), begins.data(), lengths.data(),
            valid.empty() ? nullptr : valid.data(), begins.size()};
  }
  Block block;
  std::vector<uint32_t> begins, lengths;
  std::vector<uint8_t> valid;
};

TEST(Dictionary, EqualBytesHaveEqualCodesThatStartAtOne) {
  Dictionary dictionary;
  EXPECT_EQ(dictionary.size(), 0u);
  uint32_t radiohead = dictionary.intern("Radiohead");
  EXPECT_EQ(radiohead, 1u);
  EXPECT_EQ(dictionary.intern("Muse"), 2u);
  EXPECT_EQ(dictionary.intern("Radiohead"), radiohead);
  EXPECT_EQ(dictionary.intern(""), 3u);
  EXPECT_EQ(dictionary.text(3), "");
  EXPECT_EQ(dictionary.text(radiohead), "Radiohead");
  EXPECT_EQ(dictionary.find("Muse"), 2u);
  EXPECT_EQ(dictionary.find("Mus"), 0u);
  EXPECT_EQ(dictionary.size(), 3u);
}

TEST(Dictionary, HashOfPaddedTextIgnoresWhatStandsAround) {
  std::mt19937 random(1);
  for (size_t length = 0; length < 200; ++length) {
    std::string text(length, ' ');
    for (auto& c : text) c = static_cast<char>(random());
    Fields one({text}, '\x00'), other({text}, '\xFF');
    EXPECT_EQ(hash_padded(one.view().data(0), length), hash_padded(other.view().data(0), length));
    EXPECT_EQ(hash_padded(one.view().data(0), length), Dictionary::hash(text));
  }
}

TEST(Dictionary, HashSpreadsShortAndSimilarTexts) {
  std::set<uint32_t> tags, shards;
  for (int i = 0; i < 100000; ++i) {
    uint64_t hash = Dictionary::hash("user_" + std::to_string(i));
    tags.insert(static_cast<uint32_t>(hash));
    shards.insert(static_cast<uint32_t>(hash >> 50));
  }
  EXPECT_GT(tags.size(), 99990u);
  EXPECT_GT(shards.size(), 16000u);
  EXPECT_NE(Dictionary::hash(std::string_view("\0", 1)), Dictionary::hash(""));
  EXPECT_NE(Dictionary::hash(std::string(32, 'a')), Dictionary::hash(std::string(64, 'a')));
}

TEST(Dictionary, HoldsManyTextsOfAllLengths) {
  Dictionary dictionary;
  auto text = [](size_t i) { return std::string(i % 90, static_cast<char>('a' + i % 26)) + std::to_string(i); };
  for (size_t i = 0; i < 200000; ++i) ASSERT_EQ(dictionary.intern(text(i)), i + 1);
  for (size_t i = 0; i < 200000; ++i) {
    ASSERT_EQ(dictionary.find(text(i)), i + 1);
    ASSERT_EQ(dictionary.text(static_cast<uint32_t>(i + 1)), text(i));
  }
  EXPECT_EQ(dictionary.size(), 200000u);
  EXPECT_GT(dictionary.bytes(), 200000u * 30);
}

TEST(Dictionary, FieldsOfABatchGetTheSameCodesAsSingleTexts) {
  std::mt19937 random(7);
  for (bool repeats : {false, true}) {
    Dictionary dictionary;
    for (size_t rows : {0, 1, 15, 16, 17, 255, 256, 257, 1000}) {
      std::vector<std::string> texts;
      for (size_t i = 0; i < rows; ++i) {
        texts.push_back(repeats && i != 0 && random() % 8 != 0
                            ? texts.back()
                            : std::string(random() % 70, 'x') + std::to_string(random() % 50));
      }
      Fields fields(texts);
      for (size_t i = 0; i < rows; ++i) fields.valid.push_back(random() % 5 != 0);
      std::vector<uint32_t> codes(rows);
      EXPECT_EQ(dictionary.intern_fields(fields.view(), repeats, codes.data()), 0u);
      for (size_t i = 0; i < rows; ++i) {
        if (!fields.valid[i]) {
          EXPECT_EQ(codes[i], 0u);
        } else {
          ASSERT_EQ(codes[i], dictionary.find(texts[i]));
          ASSERT_EQ(dictionary.text(codes[i]), texts[i]);
        }
      }
    }
  }
}

TEST(Dictionary, FieldsThatAreNoCleanTextGetNoCode) {
  std::vector<std::string> texts = {
      "José González", "Jos\xE9",     std::string("a\0b", 3),         "初音ミク", "\xED\xA0\x80", "\xF0\x9F\x8E\xB5",
      "\xC0\xAF",      "cut\xE2\x82", std::string(100, 'a') + "\xFF", "Jos\xE9"};
  for (bool repeats : {false, true}) {
    Dictionary dictionary;
    Fields fields(texts);
    std::vector<uint32_t> codes(texts.size());
    EXPECT_EQ(dictionary.intern_fields(fields.view(), repeats, codes.data()), 7u);
    for (size_t i = 0; i < texts.size(); ++i) {
      bool clean = i == 0 || i == 3 || i == 5;
      EXPECT_EQ(codes[i] != Dictionary::kInvalid, clean) << i;
    }
    EXPECT_EQ(dictionary.size(), 3u);
  }
}

TEST(Dictionary, ThreadsThatInternTheSameTextsAgree) {
  constexpr size_t kThreads = 4, kTexts = 20000;
  Dictionary dictionary;
  std::vector<std::vector<uint32_t>> codes(kThreads, std::vector<uint32_t>(kTexts));
  std::vector<std::thread> threads;
  for (size_t t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      std::vector<std::string> texts;
      for (size_t i = 0; i < kTexts; ++i) texts.push_back("track " + std::to_string((i * 7919 + t * 104729) % kTexts));
      Fields fields(texts);
      dictionary.intern_fields(fields.view(), false, codes[t].data());
      for (size_t i = 0; i < kTexts; ++i) {
        EXPECT_EQ(dictionary.text(codes[t][i]), texts[i]);
        EXPECT_EQ(dictionary.find(texts[i]), codes[t][i]);
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(dictionary.size(), kTexts);
  std::set<std::string_view> seen;
  for (uint32_t code = 1; code <= dictionary.size(); ++code) seen.insert(dictionary.text(code));
  EXPECT_EQ(seen.size(), kTexts);
}

TEST(CleanText, IsUtf8WithoutNul) {
  auto bad = [](std::string_view text) { return unclean_byte(text); };
  constexpr size_t kNone = std::string_view::npos;
  EXPECT_EQ(bad("plain"), kNone);
  EXPECT_EQ(bad("12345678Jos\xE9!"), 11u);
  EXPECT_EQ(bad(std::string_view("12345678a\0b", 11)), 9u);
  EXPECT_EQ(bad("\xF4\x8F\xBF\xBF"), kNone);
  EXPECT_EQ(bad("\xF4\x90\x80\x80"), 0u);
  EXPECT_EQ(bad("ok \xE0\x9F\xBF"), 3u);
  EXPECT_FALSE(plain_ascii(std::string_view("\0", 1)));
  EXPECT_TRUE(plain_ascii("12345678\x7F"));
  EXPECT_FALSE(plain_ascii("1234567\x80"));
  EXPECT_TRUE(clean_text(""));
}

}  // namespace
}  // namespace segue

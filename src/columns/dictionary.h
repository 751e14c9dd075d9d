// The distinct strings of a column, numbered: equal code <=> equal bytes, within one Dictionary.
//
// One Dictionary is shared by all threads. text() and find() take no lock; intern() takes a lock of one of many shards
// only to add a string that is new. Codes start at 1: 0 is NULL. Codes are dense but their order depends on timing, so
// nothing that a user sees may depend on it. Strings are UTF-8 and never move; they live as long as the Dictionary.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

namespace segue {

// The fields of one column in a batch of raw text: field i is the lengths[i] bytes at base + begins[i], and NULL where
// valid[i] == 0 (valid may be null: none is). The kPadding bytes before each field and after it may be read.
struct TextFields {
  const char* base = nullptr;
  const uint32_t* begins = nullptr;
  const uint32_t* lengths = nullptr;
  const uint8_t* valid = nullptr;
  size_t rows = 0;

  const char* data(size_t row) const { return base + begins[row]; }
  std::string_view text(size_t row) const { return {base + begins[row], lengths[row]}; }
  bool is_valid(size_t row) const { return valid == nullptr || valid[row] != 0; }
};

class Dictionary {
 public:
  // The code of no string: intern_fields() puts it where a field is no clean text.
  static constexpr uint32_t kInvalid = 0xFFFFFFFFu;

  Dictionary();
  ~Dictionary();
  Dictionary(const Dictionary&) = delete;
  Dictionary& operator=(const Dictionary&) = delete;

  // 64-bit hash of the bytes, as intern() wants it. Never reads outside the text (see hash_padded in base/hash.h for
  // the scan).
  static uint64_t hash(std::string_view text);

  // The code of text, added if it is new. REQUIRES: text is valid UTF-8, hash == Dictionary::hash(text).
  // Throws Failure(kLimit) past 2^32 - 2 strings.
  uint32_t intern(std::string_view text, uint64_t hash);
  uint32_t intern(std::string_view text) { return intern(text, hash(text)); }

  // The scan's way in: codes[i] becomes the code of field i, 0 where it is NULL, and kInvalid where it is not valid
  // UTF-8 or holds a NUL byte (checked once a distinct string, when it is added). Returns how many are kInvalid. With
  // `repeats` a field is first compared with the one before: right for columns where nearly all rows repeat it, a loss
  // for others.
  size_t intern_fields(const TextFields& fields, bool repeats, uint32_t* codes);

  // The code of text, or 0 if it is not in the dictionary.
  uint32_t find(std::string_view text) const;

  // REQUIRES: 1 <= code and code was returned by intern().
  std::string_view text(uint32_t code) const;

  // Codes given so far are 1 … size(). Exact only when nobody interns.
  uint32_t size() const;

  // Bytes held, strings and tables.
  size_t bytes() const;

  struct Shards;  // implementation

 private:
  std::unique_ptr<Shards> shards_;
};

}  // namespace segue

// The distinct strings of a column, numbered: equal code <=> equal bytes, within one Dictionary.
//
// One Dictionary is shared by all threads. text() and find() take no lock; intern() takes a lock of one of many shards only to add a
// string that is new. Codes start at 1: 0 is NULL. Codes are dense but their order depends on timing, so nothing that a user sees may
// depend on it. Strings are UTF-8 and never move; they live as long as the Dictionary.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

namespace segue {

class Dictionary {
 public:
  Dictionary();
  ~Dictionary();
  Dictionary(const Dictionary&) = delete;
  Dictionary& operator=(const Dictionary&) = delete;

  // 64-bit hash of the bytes, as intern() wants it. Never reads outside the text (see hash_padded in base/hash.h for the scan).
  static uint64_t hash(std::string_view text);

  // The code of text, added if it is new. REQUIRES: hash == Dictionary::hash(text).
  // Throws Failure(kLimit) past 2^32 - 2 strings.
  uint32_t intern(std::string_view text, uint64_t hash);
  uint32_t intern(std::string_view text) { return intern(text, hash(text)); }

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

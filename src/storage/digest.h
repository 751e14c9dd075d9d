// Checksums of bytes that come one piece behind the other.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include <openssl/types.h>

namespace segue::storage {

class Digest {
 public:
  enum class Kind { kMd5, kSha256 };
  explicit Digest(Kind kind);
  void add(std::string_view bytes);
  // The digest's bytes. Called once.
  std::string finish();

 private:
  struct Free {
    void operator()(EVP_MD_CTX* context) const;
  };
  std::unique_ptr<EVP_MD_CTX, Free> context_;
};

// Of one text.
std::string digest(Digest::Kind kind, std::string_view bytes);

// In small hexadecimal digits.
std::string hex(std::string_view bytes);

}  // namespace segue::storage

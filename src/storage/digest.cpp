#include "storage/digest.h"

#include <fmt/format.h>
#include <openssl/evp.h>

#include "base/error.h"

namespace segue::storage {

void Digest::Free::operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }

Digest::Digest(Kind kind) : context_(EVP_MD_CTX_new()) {
  const EVP_MD* algorithm = kind == Kind::kMd5 ? EVP_md5() : EVP_sha256();
  if (!context_ || EVP_DigestInit_ex(context_.get(), algorithm, nullptr) != 1)
    fail(ErrorCode::kInternal, "checksums are not to be had");
}

void Digest::add(std::string_view bytes) { EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()); }

std::string Digest::finish() {
  unsigned char bytes[EVP_MAX_MD_SIZE];
  unsigned count = 0;
  EVP_DigestFinal_ex(context_.get(), bytes, &count);
  return {reinterpret_cast<const char*>(bytes), count};
}

std::string digest(Digest::Kind kind, std::string_view bytes) {
  Digest digest(kind);
  digest.add(bytes);
  return digest.finish();
}

std::string hex(std::string_view bytes) {
  std::string text;
  for (unsigned char byte : bytes) text += fmt::format("{:02x}", byte);
  return text;
}

}  // namespace segue::storage

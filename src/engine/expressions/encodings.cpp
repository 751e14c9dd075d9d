// md5, sha1, sha256; hex, bin, base64 and back; encode, octet_length, bit_length.
#include <array>

#include <fmt/format.h>
#include <md5.h>
#include <sha1.h>
#include <sha256.h>

#include "engine/expressions/rows.h"
#include "engine/expressions/utf8.h"

namespace segue::engine {
namespace {

using Text = std::string_view;

constexpr char kLowerDigits[] = "0123456789abcdef";
constexpr char kUpperDigits[] = "0123456789ABCDEF";

Text hexadecimal(Text bytes, const char* digits, TextArena& arena) {
  char* out = arena.reserve(bytes.size() * 2);
  for (size_t i = 0; i < bytes.size(); ++i) {
    auto byte = static_cast<unsigned char>(bytes[i]);
    out[2 * i] = digits[byte >> 4];
    out[2 * i + 1] = digits[byte & 15];
  }
  return {out, bytes.size() * 2};
}

template <class Context, void (*kInit)(Context*), void (*kUpdate)(Context*, const uint8_t*, size_t),
          void (*kFinal)(uint8_t*, Context*), size_t kBytes>
struct Digest {
  static Text call(Text text, TextArena& arena) {
    Context context;
    std::array<uint8_t, kBytes> digest;
    kInit(&context);
    kUpdate(&context, reinterpret_cast<const uint8_t*>(text.data()), text.size());
    kFinal(digest.data(), &context);
    return hexadecimal({reinterpret_cast<const char*>(digest.data()), kBytes}, kLowerDigits, arena);
  }
};
using Md5 = Digest<MD5_CTX, &MD5Init, &MD5Update, &MD5Final, MD5_DIGEST_LENGTH>;
using Sha1 = Digest<SHA1_CTX, &SHA1Init, &SHA1Update, &SHA1Final, SHA1_DIGEST_LENGTH>;
using Sha256 = Digest<SHA2_CTX, &SHA256Init, &SHA256Update, &SHA256Final, SHA256_DIGEST_LENGTH>;

struct Hex {
  static Text call(Text text, TextArena& arena) { return hexadecimal(text, kUpperDigits, arena); }
};
struct Binary {
  static Text call(Text text, TextArena& arena) {
    char* out = arena.reserve(text.size() * 8);
    for (size_t i = 0; i < text.size() * 8; ++i) out[i] = text[i / 8] & (0x80 >> i % 8) ? '1' : '0';
    return {out, text.size() * 8};
  }
};

// The digits of a number's bits, without zeros before them; kBits bits a digit.
template <class T, unsigned kBits>
struct Digits {
  static Text call(T number, TextArena& arena) {
    using Unsigned = std::conditional_t<std::is_same_v<T, Int128>, unsigned __int128, uint64_t>;
    auto rest = static_cast<Unsigned>(number);
    std::array<char, 128> digits;
    char* begin = digits.data() + digits.size();
    do {
      *--begin = kUpperDigits[static_cast<unsigned>(rest & ((1u << kBits) - 1))];
      rest >>= kBits;
    } while (rest != 0);
    return arena.copy({begin, static_cast<size_t>(digits.data() + digits.size() - begin)});
  }
};

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

// Of an odd count of digits the first is a byte of its own.
struct FromHex {
  static bool call(Text text, TextArena& arena, Text& answer) {
    char* out = arena.reserve((text.size() + 1) / 2);
    char* end = out;
    for (size_t at = 0; at < text.size();) {
      int byte = hex_digit(text[at++]);
      if (at % 2 == text.size() % 2 ? byte < 0 : byte < 0 || at == text.size()) return false;
      if (at % 2 != text.size() % 2) {
        int low = hex_digit(text[at++]);
        if (low < 0) return false;
        byte = byte * 16 + low;
      }
      *end++ = static_cast<char>(byte);
    }
    answer = {out, static_cast<size_t>(end - out)};
    return true;
  }
  [[noreturn]] static void fail(Text text) { fail_value(fmt::format("'{}' has other than hexadecimal digits", text)); }
};

constexpr char kBase64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

struct ToBase64 {
  static Text call(Text bytes, TextArena& arena) {
    size_t size = (bytes.size() + 2) / 3 * 4;
    char* out = arena.reserve(size);
    auto byte = [&](size_t i) { return i < bytes.size() ? static_cast<unsigned char>(bytes[i]) : 0u; };
    for (size_t i = 0, to = 0; i < bytes.size(); i += 3, to += 4) {
      uint32_t three = byte(i) << 16 | byte(i + 1) << 8 | byte(i + 2);
      for (size_t k = 0; k < 4; ++k) out[to + k] = kBase64[three >> (18 - 6 * k) & 63];
      if (i + 2 >= bytes.size()) out[to + 3] = '=';
      if (i + 1 >= bytes.size()) out[to + 2] = '=';
    }
    return {out, size};
  }
};

struct FromBase64 {
  static bool call(Text text, TextArena& arena, Text& answer) {
    if (text.size() % 4 != 0) return false;
    if (text.empty()) return true;
    size_t size = text.size() / 4 * 3;
    if (text[text.size() - 2] == '=') {
      size -= 2;
    } else if (text.back() == '=') {
      --size;
    }
    char* out = arena.reserve(text.size() / 4 * 3);
    for (size_t i = 0; i < text.size(); i += 4) {
      uint32_t three = 0;
      for (size_t k = 0; k < 4; ++k) {
        Text letters(kBase64, 64);
        size_t digit = letters.find(text[i + k]);
        if (k >= 2 && i + 4 == text.size() && text[i + k] == '=') digit = 0;
        if (digit == Text::npos) return false;
        three = three << 6 | static_cast<uint32_t>(digit);
      }
      for (size_t k = 0; k < 3; ++k) out[i / 4 * 3 + k] = static_cast<char>(three >> (16 - 8 * k));
    }
    answer = {out, size};
    return true;
  }
  [[noreturn]] static void fail(Text text) { fail_value(fmt::format("'{}' is no base64", text)); }
};

struct Encode {
  static Text call(Text text) { return text; }
};
struct Bytes {
  static int64_t call(Text bytes) { return static_cast<int64_t>(bytes.size()); }
};
struct Bits {
  static int64_t call(Text text) { return static_cast<int64_t>(text.size() * 8); }
};

template <class Op>
void add_of_bytes(KernelTable& table, std::string_view name) {
  table.push_back(row_kernel<Op, Text, Text>(name, {Kind::kVarchar}, Kind::kVarchar));
  table.push_back(row_kernel<Op, Text, Text>(name, {Kind::kBlob}, Kind::kVarchar));
}

}  // namespace

const KernelTable& encoding_kernels() {
  using K = Kind;
  static const KernelTable table = [] {
    KernelTable made;
    add_of_bytes<Md5>(made, "md5");
    add_of_bytes<Sha1>(made, "sha1");
    add_of_bytes<Sha256>(made, "sha256");
    for (const char* name : {"hex", "to_hex"}) {
      add_of_bytes<Hex>(made, name);
      made.push_back(row_kernel<Digits<int64_t, 4>, Text, int64_t>(name, {K::kBigint}, K::kVarchar));
      made.push_back(row_kernel<Digits<Int128, 4>, Text, Int128>(name, {K::kHugeint}, K::kVarchar));
    }
    for (const char* name : {"bin", "to_binary"}) {
      made.push_back(row_kernel<Binary, Text, Text>(name, {K::kVarchar}, K::kVarchar));
      made.push_back(row_kernel<Digits<int64_t, 1>, Text, int64_t>(name, {K::kBigint}, K::kVarchar));
      made.push_back(row_kernel<Digits<Int128, 1>, Text, Int128>(name, {K::kHugeint}, K::kVarchar));
    }
    for (const char* name : {"unhex", "from_hex"})
      made.push_back(row_kernel<FromHex, Text, Text>(name, {K::kVarchar}, K::kBlob));
    for (const char* name : {"base64", "to_base64"})
      made.push_back(row_kernel<ToBase64, Text, Text>(name, {K::kBlob}, K::kVarchar));
    made.push_back(row_kernel<FromBase64, Text, Text>("from_base64", {K::kVarchar}, K::kBlob));
    made.push_back(row_kernel<Encode, Text, Text>("encode", {K::kVarchar}, K::kBlob));
    made.push_back(row_kernel<Bytes, int64_t, Text>("octet_length", {K::kBlob}, K::kBigint));
    made.push_back(row_kernel<Bits, int64_t, Text>("bit_length", {K::kVarchar}, K::kBigint));
    return made;
  }();
  return table;
}

}  // namespace segue::engine

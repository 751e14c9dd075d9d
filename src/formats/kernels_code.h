// The code of every level. Included once by each kernels_<level>.cpp, which sets before: the target, SEGUE_KERNELS (the namespace) and
// SEGUE_KERNELS_LEVEL (0, 2 or 512; GCC 12 does not define __AVX2__ after `#pragma GCC target` in C++).
// No header is included here: an inline function first seen under a target could be linked into code for machines without it.

namespace segue::formats::SEGUE_KERNELS {
namespace {

inline uint64_t load64(const char* text) {
  uint64_t word;
  __builtin_memcpy(&word, text, 8);
  return word;
}

// Bit i of the result: byte i of 64 equals a delimiter; and the same for '\n' alone.
struct Masks {
  uint64_t separators;
  uint64_t lines;
};

#if SEGUE_KERNELS_LEVEL >= 512
struct Matcher {
  __m512i delimiter, line;
  explicit Matcher(char c) : delimiter(_mm512_set1_epi8(c)), line(_mm512_set1_epi8('\n')) {}
  Masks match(const char* text) const {
    __m512i block = _mm512_loadu_si512(text);
    uint64_t lines = _mm512_cmpeq_epi8_mask(block, line);
    return {_mm512_cmpeq_epi8_mask(block, delimiter) | lines, lines};
  }
};
#elif SEGUE_KERNELS_LEVEL >= 2
struct Matcher {
  __m256i delimiter, line;
  explicit Matcher(char c) : delimiter(_mm256_set1_epi8(c)), line(_mm256_set1_epi8('\n')) {}
  static uint64_t bits(__m256i low, __m256i high) {
    return static_cast<uint32_t>(_mm256_movemask_epi8(low)) | static_cast<uint64_t>(static_cast<uint32_t>(_mm256_movemask_epi8(high))) << 32;
  }
  Masks match(const char* text) const {
    __m256i low = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(text));
    __m256i high = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(text + 32));
    __m256i low_lines = _mm256_cmpeq_epi8(low, line), high_lines = _mm256_cmpeq_epi8(high, line);
    return {bits(_mm256_or_si256(low_lines, _mm256_cmpeq_epi8(low, delimiter)), _mm256_or_si256(high_lines, _mm256_cmpeq_epi8(high, delimiter))),
            bits(low_lines, high_lines)};
  }
};
#else
// Eight bytes a step: XOR makes equal bytes zero; the high bit of each zero byte is gathered by a multiplication.
struct Matcher {
  static constexpr uint64_t kOnes = 0x0101010101010101ull, kLow = 0x7F7F7F7F7F7F7F7Full;
  uint64_t delimiter;
  explicit Matcher(char c) : delimiter(kOnes * static_cast<uint8_t>(c)) {}
  static uint64_t zero_bytes(uint64_t word) {
    uint64_t high = ~(((word & kLow) + kLow) | word | kLow);  // 0x80 in each zero byte, exactly
    return (high >> 7) * 0x0102040810204080ull >> 56;
  }
  Masks match(const char* text) const {
    Masks masks{0, 0};
    for (int i = 0; i < 8; ++i) {
      uint64_t word = load64(text + 8 * i);
      uint64_t lines = zero_bytes(word ^ (kOnes * '\n'));
      masks.lines |= lines << (8 * i);
      masks.separators |= (lines | zero_bytes(word ^ delimiter)) << (8 * i);
    }
    return masks;
  }
};
#endif

// Writes the positions of the bits and returns how many there are. The first eight are written whatever their number, so that the usual
// block takes no branch on it.
inline size_t write_positions(uint64_t bits, uint32_t from, uint32_t* positions) {
  auto count = static_cast<size_t>(__builtin_popcountll(bits));
  for (int i = 0; i < 8; ++i) {
    positions[i] = from + static_cast<uint32_t>(__builtin_ctzll(bits | (uint64_t{1} << 63)));
    bits &= bits - 1;
  }
  if (count > 8) [[unlikely]] {
    for (size_t i = 8; i < count; ++i) {
      positions[i] = from + static_cast<uint32_t>(__builtin_ctzll(bits));
      bits &= bits - 1;
    }
  }
  return count;
}

Separators find_separators(const char* text, size_t bytes, char delimiter, uint32_t* positions) {
  Matcher matcher(delimiter);
  Separators found;
  size_t at = 0;
  for (; at + 64 <= bytes; at += 64) {
    Masks masks = matcher.match(text + at);
    found.lines += static_cast<size_t>(__builtin_popcountll(masks.lines));
    found.count += write_positions(masks.separators, static_cast<uint32_t>(at), positions + found.count);
  }
  if (at < bytes) {
    Masks masks = matcher.match(text + at);
    uint64_t inside = (uint64_t{1} << (bytes - at)) - 1;
    found.lines += static_cast<size_t>(__builtin_popcountll(masks.lines & inside));
    found.count += write_positions(masks.separators & inside, static_cast<uint32_t>(at), positions + found.count);
  }
  return found;
}

// YYYY-MM-DDTHH:MM as numbers, seconds apart. Nothing is branched on but the outcome, which is the same for nearly all rows.
#if SEGUE_KERNELS_LEVEL >= 2
inline bool usual_timestamp(const char* text, size_t length, int64_t& micros) {
  const __m128i shape_t = _mm_setr_epi8(0, 0, 0, 0, '-', 0, 0, '-', 0, 0, 'T', 0, 0, ':', 0, 0);
  const __m128i shape_space = _mm_setr_epi8(0, 0, 0, 0, '-', 0, 0, '-', 0, 0, ' ', 0, 0, ':', 0, 0);
  const __m128i digits_at = _mm_setr_epi8(0, 1, 2, 3, 5, 6, 8, 9, 11, 12, 14, 15, -1, -1, -1, -1);
  const __m128i zeros = _mm_setr_epi8('0', '0', '0', '0', '0', '0', '0', '0', '0', '0', '0', '0', 0, 0, 0, 0);
  const __m128i tens = _mm_setr_epi8(10, 1, 10, 1, 10, 1, 10, 1, 10, 1, 10, 1, 0, 0, 0, 0);
  __m128i block = _mm_loadu_si128(reinterpret_cast<const __m128i*>(text));
  int shape = _mm_movemask_epi8(_mm_or_si128(_mm_cmpeq_epi8(block, shape_t), _mm_cmpeq_epi8(block, shape_space)));
  __m128i digits = _mm_sub_epi8(_mm_shuffle_epi8(block, digits_at), zeros);
  int no_digits = _mm_movemask_epi8(_mm_cmpeq_epi8(_mm_max_epu8(digits, _mm_set1_epi8(10)), digits));
  __m128i pairs = _mm_maddubs_epi16(digits, tens);
  auto low = static_cast<uint64_t>(_mm_cvtsi128_si64(pairs)), high = static_cast<uint64_t>(_mm_extract_epi64(pairs, 1));
  unsigned year = static_cast<unsigned>(low & 0xFFFF) * 100 + static_cast<unsigned>(low >> 16 & 0xFFFF);
  unsigned month = static_cast<unsigned>(low >> 32 & 0xFFFF), day = static_cast<unsigned>(low >> 48);
  unsigned hour = static_cast<unsigned>(high & 0xFFFF), minute = static_cast<unsigned>(high >> 16 & 0xFFFF);
  bool bad = ((shape & 0x2490) != 0x2490) | (no_digits != 0);
#else
inline bool usual_timestamp(const char* text, size_t length, int64_t& micros) {
  auto digit = [&](int i) { return static_cast<unsigned>(static_cast<uint8_t>(text[i]) - '0'); };
  auto two = [&](int i) { return digit(i) * 10 + digit(i + 1); };
  unsigned no_digit = 0;
  for (int i : {0, 1, 2, 3, 5, 6, 8, 9, 11, 12, 14, 15}) no_digit |= static_cast<unsigned>(digit(i) > 9);
  unsigned year = two(0) * 100 + two(2), month = two(5), day = two(8), hour = two(11), minute = two(14);
  bool bad = (no_digit != 0) | (text[4] != '-') | (text[7] != '-') | ((text[10] != 'T') & (text[10] != ' ')) | (text[13] != ':');
#endif
  unsigned second_tens = static_cast<uint8_t>(text[17]) - unsigned{'0'}, second_ones = static_cast<uint8_t>(text[18]) - unsigned{'0'};
  unsigned second = second_tens * 10 + second_ones;
  bad |= (text[16] != ':') | (second_tens > 5) | (second_ones > 9) | (hour > 23) | (minute > 59);
  bad |= (length != 19) & ((length != 20) | (text[19] != 'Z'));
  unsigned index = (year - kFirstYear) * 12 + month - 1;
  bad |= (month - 1 > 11) | (index >= kYears * 12);
  const Month& in = kMonths.data()[bad ? 0 : index];
  bad |= day - 1 >= in.days;
  int64_t days = int64_t{in.first_day} + day - 1;
  micros = (days * 86400 + (hour * 3600 + minute * 60 + second)) * 1000000;
  return !bad;
}

size_t timestamps(const TextFields& fields, int64_t* micros, uint32_t* others) {
  size_t count = 0;
  for (size_t row = 0; row < fields.rows; ++row) {
    int64_t value;
    bool usual = usual_timestamp(fields.base + fields.begins[row], fields.lengths[row], value);
    if (!usual) [[unlikely]] {
      value = 0;
      if (fields.valid == nullptr || fields.valid[row] != 0) others[count++] = static_cast<uint32_t>(row);
    }
    micros[row] = value;
  }
  return count;
}

}  // namespace

extern const Kernels kKernels;
const Kernels kKernels = {find_separators, timestamps};

}  // namespace segue::formats::SEGUE_KERNELS

// The code of every level. Included once by each kernels_<level>.cpp, which sets before: the target, SEGUE_KERNELS (the
// namespace) and SEGUE_KERNELS_LEVEL (0, 2 or 512; GCC 12 does not define __AVX2__ after `#pragma GCC target` in C++).
// No header is included here: an inline function first seen under a target could be linked into code for machines
// without it.

namespace segue::formats::SEGUE_KERNELS {
namespace {

inline uint64_t load64(const char* text) {
  uint64_t word;
  __builtin_memcpy(&word, text, 8);
  return word;
}

// match(): bit i is set where byte i of 64 is a delimiter or '\n', or with kQuotes a quote. lines(): how many '\n'
// there were so far.
#if SEGUE_KERNELS_LEVEL >= 512
template <bool kQuotes>
class Matcher {
 public:
  Matcher(char delimiter, char quote)
      : delimiter_(_mm512_set1_epi8(delimiter)), quote_(_mm512_set1_epi8(quote)), line_(_mm512_set1_epi8('\n')) {}
  uint64_t match(const char* text) {
    __m512i block = _mm512_loadu_si512(text);
    uint64_t lines = _mm512_cmpeq_epi8_mask(block, line_);
    lines_ += static_cast<size_t>(__builtin_popcountll(lines));
    if constexpr (kQuotes) lines |= _mm512_cmpeq_epi8_mask(block, quote_);
    return _mm512_cmpeq_epi8_mask(block, delimiter_) | lines;
  }
  size_t lines() { return lines_; }

 private:
  __m512i delimiter_, quote_, line_;
  size_t lines_ = 0;
};
#elif SEGUE_KERNELS_LEVEL >= 2
template <bool kQuotes>
class Matcher {
 public:
  Matcher(char delimiter, char quote)
      : delimiter_(_mm256_set1_epi8(delimiter)),
        quote_(_mm256_set1_epi8(quote)),
        line_(_mm256_set1_epi8('\n')),
        counts_(_mm256_setzero_si256()) {}
  uint64_t match(const char* text) {
    __m256i low = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(text));
    __m256i high = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(text + 32));
    __m256i low_lines = _mm256_cmpeq_epi8(low, line_), high_lines = _mm256_cmpeq_epi8(high, line_);
    // Equal bytes are -1; what is counted in bytes is summed up before one can overflow.
    counts_ = _mm256_sub_epi8(counts_, _mm256_add_epi8(low_lines, high_lines));
    if (++steps_ == 127) [[unlikely]]
      sum_up();
    if constexpr (kQuotes) {
      low_lines = _mm256_or_si256(low_lines, _mm256_cmpeq_epi8(low, quote_));
      high_lines = _mm256_or_si256(high_lines, _mm256_cmpeq_epi8(high, quote_));
    }
    auto bits = [](__m256i bytes) { return static_cast<uint64_t>(static_cast<uint32_t>(_mm256_movemask_epi8(bytes))); };
    return bits(_mm256_or_si256(low_lines, _mm256_cmpeq_epi8(low, delimiter_))) |
           bits(_mm256_or_si256(high_lines, _mm256_cmpeq_epi8(high, delimiter_))) << 32;
  }
  size_t lines() {
    sum_up();
    return lines_;
  }

 private:
  void sum_up() {
    __m256i sums = _mm256_sad_epu8(counts_, _mm256_setzero_si256());
    __m128i halves = _mm_add_epi64(_mm256_castsi256_si128(sums), _mm256_extracti128_si256(sums, 1));
    lines_ += static_cast<size_t>(_mm_cvtsi128_si64(halves)) + static_cast<size_t>(_mm_extract_epi64(halves, 1));
    counts_ = _mm256_setzero_si256();
    steps_ = 0;
  }
  __m256i delimiter_, quote_, line_, counts_;
  size_t lines_ = 0;
  unsigned steps_ = 0;
};
#else
// Eight bytes a step: XOR makes equal bytes zero; the high bit of each zero byte is gathered by a multiplication.
template <bool kQuotes>
class Matcher {
 public:
  Matcher(char delimiter, char quote)
      : delimiter_(kOnes * static_cast<uint8_t>(delimiter)), quote_(kOnes * static_cast<uint8_t>(quote)) {}
  uint64_t match(const char* text) {
    uint64_t found = 0;
    for (int i = 0; i < 8; ++i) {
      uint64_t word = load64(text + 8 * i);
      uint64_t lines = zero_bytes(word ^ (kOnes * '\n'));
      lines_ += static_cast<size_t>(__builtin_popcountll(lines));
      if constexpr (kQuotes) lines |= zero_bytes(word ^ quote_);
      found |= gather(lines | zero_bytes(word ^ delimiter_)) << (8 * i);
    }
    return found;
  }
  size_t lines() { return lines_; }

 private:
  static constexpr uint64_t kOnes = 0x0101010101010101ull, kLow = 0x7F7F7F7F7F7F7F7Full;
  // 0x80 in each zero byte, exactly.
  static uint64_t zero_bytes(uint64_t word) { return ~(((word & kLow) + kLow) | word | kLow); }
  static uint64_t gather(uint64_t high) { return (high >> 7) * 0x0102040810204080ull >> 56; }
  uint64_t delimiter_, quote_;
  size_t lines_ = 0;
};
#endif

// The lowest bit's number; unspecified, but harmless, for 0.
inline uint32_t lowest(uint64_t bits) {
#if SEGUE_KERNELS_LEVEL >= 2
  return static_cast<uint32_t>(_tzcnt_u64(bits));
#else
  return static_cast<uint32_t>(__builtin_ctzll(bits | uint64_t{1} << 63));
#endif
}

// Writes the positions of the bits and returns how many there are. The first four are written whatever their number,
// and four more at once, so that the usual block takes no branch on it, or one that is easily foreseen.
inline size_t write_positions(uint64_t bits, uint32_t from, uint32_t* positions) {
  auto count = static_cast<size_t>(__builtin_popcountll(bits));
  for (int i = 0; i < 4; ++i) {
    positions[i] = from + lowest(bits);
    bits &= bits - 1;
  }
  if (count > 4) [[unlikely]] {
    for (int i = 4; i < 8; ++i) {
      positions[i] = from + lowest(bits);
      bits &= bits - 1;
    }
    for (size_t i = 8; i < count; ++i) {
      positions[i] = from + lowest(bits);
      bits &= bits - 1;
    }
  }
  return count;
}

template <bool kQuotes>
Separators find(const char* text, size_t bytes, char delimiter, char quote, uint32_t* positions) {
  Matcher<kQuotes> matcher(delimiter, quote);
  size_t count = 0, at = 0;
  for (; at + 64 <= bytes; at += 64)
    count += write_positions(matcher.match(text + at), static_cast<uint32_t>(at), positions + count);
  if (at < bytes) {
    char last[64] = {};
    __builtin_memcpy(last, text + at, bytes - at);
    uint64_t inside = (uint64_t{1} << (bytes - at)) - 1;
    count += write_positions(matcher.match(last) & inside, static_cast<uint32_t>(at), positions + count);
  }
  return {count, matcher.lines()};
}

Separators find_separators(const char* text, size_t bytes, char delimiter, uint32_t* positions) {
  return find<false>(text, bytes, delimiter, '\0', positions);
}

Separators find_marks(const char* text, size_t bytes, char delimiter, char quote, uint32_t* positions) {
  return find<true>(text, bytes, delimiter, quote, positions);
}

// YYYY-MM-DDTHH:MM as numbers, seconds apart. Nothing is branched on but the outcome, which is the same for nearly all
// rows.
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
  bool bad = (no_digit != 0) | (text[4] != '-') | (text[7] != '-') | ((text[10] != 'T') & (text[10] != ' ')) |
             (text[13] != ':');
#endif
  unsigned second_tens = static_cast<uint8_t>(text[17]) - unsigned{'0'},
           second_ones = static_cast<uint8_t>(text[18]) - unsigned{'0'};
  unsigned second = second_tens * 10 + second_ones;
  bad |= (text[16] != ':') | (second_tens > 5) | (second_ones > 9) | (hour > 23) | (minute > 59);
  bad |= (length != 19) & ((length != 20) | (text[19] != 'Z'));
  unsigned index = (year - kFirstYear) * 12 + month - 1;
  bad |= (month - 1 > 11) | (index >= kYears * 12);
  const Month& in = kMonths.data()[bad ? 0 : index];
  bad |= day - 1 >= in.days;
  int64_t days = int64_t{in.first_day} + day - 1;
  // Unsigned, since what is no timestamp gives any number here.
  micros = static_cast<int64_t>((static_cast<uint64_t>(days) * 86400 + (hour * 3600 + minute * 60 + second)) * 1000000);
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
const Kernels kKernels = {find_separators, find_marks, timestamps};

}  // namespace segue::formats::SEGUE_KERNELS

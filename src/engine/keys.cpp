#include "engine/keys.h"

#include <bit>
#include <cmath>
#include <cstring>
#include <limits>

#include "base/error.h"
#include "base/hash.h"
#include "engine/row_store.h"

namespace segue::engine {
namespace {

uint64_t canonical(double value) {
  if (std::isnan(value)) return std::bit_cast<uint64_t>(std::numeric_limits<double>::quiet_NaN());
  return std::bit_cast<uint64_t>(value == 0 ? 0.0 : value);
}

uint32_t canonical(float value) {
  if (std::isnan(value)) return std::bit_cast<uint32_t>(std::numeric_limits<float>::quiet_NaN());
  return std::bit_cast<uint32_t>(value == 0 ? 0.0f : value);
}

// Writes convert(value) of every valid row into its field.
template <class T, class Convert>
void put(const Column& column, size_t rows, uint64_t* words, size_t stride, uint32_t shift, Convert convert) {
  const T* values = column.as<T>();
  const uint8_t* valid = column.valid;
  if (valid == nullptr) {
    for (size_t i = 0; i < rows; ++i)
      words[i * stride] |= static_cast<uint64_t>(convert(values[i * column.stride])) << shift;
  } else {
    for (size_t i = 0; i < rows; ++i) {
      uint64_t bits = valid[i * column.stride] ? static_cast<uint64_t>(convert(values[i * column.stride])) : 0;
      words[i * stride] |= bits << shift;
    }
  }
}

}  // namespace

bool Keys::supported(const Type& type) {
  return !type.nested() && type.id != TypeId::kInterval && type.id != TypeId::kNull;
}

Keys::Part Keys::place(uint32_t bits) {
  if (bits == 128) {
    filled_.push_back(64);
    filled_.push_back(64);
    return {static_cast<uint32_t>(filled_.size() - 2), 0, 128};
  }
  for (uint32_t word = 0; word < filled_.size(); ++word) {
    if (filled_[word] + bits > 64) continue;
    filled_[word] += bits;
    return {word, filled_[word] - bits, bits};
  }
  filled_.push_back(bits);
  return {static_cast<uint32_t>(filled_.size() - 1), 0, bits};
}

Keys::Keys(std::vector<Type> types, size_t workers, size_t never_null)
    : types_(std::move(types)), parts_(types_.size()), texts_(types_.size()) {
  for (size_t i = 0; i < types_.size(); ++i) {
    SEGUE_ASSERT(supported(types_[i]));
    parts_[i] = place(types_[i].id == TypeId::kBoolean ? 1 : static_cast<uint32_t>(stored_bytes(types_[i]) * 8));
    if (types_[i].text()) texts_[i] = std::make_unique<TextCodes>(workers);
  }
  for (size_t i = 0; i < types_.size(); ++i) {
    if (types_[i].text() || i < never_null) continue;
    Part null = place(1);
    parts_[i].null_bit = true;
    parts_[i].null_word = null.word;
    parts_[i].null_shift = null.shift;
  }
  words_ = filled_.size();
}

void Keys::encode(size_t worker, std::span<const Column> columns, size_t rows, Array<uint64_t>& words) {
  words.resize(rows * words_);
  words.fill(0);
  Array<uint32_t> codes;
  for (size_t c = 0; c < types_.size(); ++c) {
    const Column& column = columns[c];
    const Part& part = parts_[c];
    uint64_t* to = words.data() + part.word;
    switch (types_[c].id) {
      case TypeId::kVarchar:
      case TypeId::kBlob: {
        codes.resize(rows);
        texts_[c]->encode(worker, column, rows, codes.data());
        for (size_t i = 0; i < rows; ++i) to[i * words_] |= static_cast<uint64_t>(codes[i]) << part.shift;
        continue;
      }
      case TypeId::kFloat:
        put<float>(column, rows, to, words_, part.shift, [](float v) { return canonical(v); });
        break;
      case TypeId::kDouble:
        put<double>(column, rows, to, words_, part.shift, [](double v) { return canonical(v); });
        break;
      default:
        with_width(stored_bytes(types_[c]), [&](auto width) {
          using T = decltype(width);
          if constexpr (sizeof(T) == 16) {
            put<T>(column, rows, to, words_, 0, [](T v) { return static_cast<uint64_t>(v); });
            put<T>(column, rows, to + 1, words_, 0, [](T v) { return static_cast<uint64_t>(v >> 64); });
          } else {
            put<T>(column, rows, to, words_, part.shift, [](T v) { return v; });
          }
        });
    }
    if (column.valid != nullptr && part.null_bit) {
      uint64_t* nulls = words.data() + part.null_word;
      for (size_t i = 0; i < rows; ++i) {
        nulls[i * words_] |= static_cast<uint64_t>(column.valid[i * column.stride] == 0) << part.null_shift;
      }
    }
  }
}

std::vector<Column> Keys::decode(const uint64_t* words, size_t rows) {
  std::vector<Column> columns(types_.size());
  for (size_t c = 0; c < types_.size(); ++c) {
    const Part& part = parts_[c];
    Column& column = columns[c];
    column.type = types_[c];
    struct Memory {
      Block values;
      Array<uint8_t> valid;
    };
    auto memory = std::make_shared<Memory>();
    memory->values = Block(rows * stored_bytes(types_[c]));
    with_width(stored_bytes(types_[c]), [&](auto width) {
      using T = decltype(width);
      auto* values = reinterpret_cast<T*>(memory->values.data());
      uint64_t mask = part.bits >= 64 ? ~uint64_t{0} : (uint64_t{1} << part.bits) - 1;
      for (size_t i = 0; i < rows; ++i) {
        const uint64_t* word = words + i * words_ + part.word;
        if constexpr (sizeof(T) == 16) {
          values[i] = static_cast<Int128>(static_cast<unsigned __int128>(word[1]) << 64 | word[0]);
        } else {
          values[i] = static_cast<T>(word[0] >> part.shift & mask);
        }
      }
    });
    if (part.null_bit) {
      bool any = false;
      memory->valid.resize(rows);
      for (size_t i = 0; i < rows; ++i) {
        memory->valid[i] = (words[i * words_ + part.null_word] >> part.null_shift & 1) == 0;
        any = any || memory->valid[i] == 0;
      }
      if (any) column.valid = memory->valid.data();
    } else if (texts_[c]) {
      column.dictionary = texts_[c]->dictionary();
    }
    column.values = memory->values.data();
    column.owner = std::move(memory);
  }
  return columns;
}

bool Keys::is_null(const uint64_t* key, size_t column) const {
  const Part& part = parts_[column];
  if (part.null_bit) return (key[part.null_word] >> part.null_shift & 1) != 0;
  return texts_[column] != nullptr && (key[part.word] >> part.shift & 0xFFFFFFFF) == 0;
}

void Keys::hash(const uint64_t* words, size_t rows, uint64_t* hashes) const {
  if (words_ == 1) {
    for (size_t i = 0; i < rows; ++i) hashes[i] = hash_word(words[i]);
    return;
  }
  for (size_t i = 0; i < rows; ++i) {
    uint64_t hash = 0;
    for (size_t w = 0; w < words_; ++w) hash = hash_combine(hash, words[i * words_ + w]);
    hashes[i] = hash;
  }
}

}  // namespace segue::engine

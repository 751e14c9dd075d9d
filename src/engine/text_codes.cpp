#include "engine/text_codes.h"

#include <algorithm>
#include <cstring>

namespace segue::engine {

Dictionary& TextCodes::target(const Column& column) {
  if (Dictionary* ready = ready_.load(std::memory_order_acquire)) return *ready;
  std::lock_guard guard(lock_);
  if (!dictionary_) dictionary_ = column.coded() ? column.dictionary : std::make_shared<Dictionary>();
  ready_.store(dictionary_.get(), std::memory_order_release);
  return *dictionary_;
}

std::shared_ptr<Dictionary> TextCodes::dictionary() {
  target(Column{});
  return dictionary_;
}

void TextCodes::encode(size_t worker, const Column& column, size_t rows, uint32_t* codes) {
  if (rows == 0) return;
  Dictionary& target = this->target(column);
  if (column.constant()) {
    uint32_t code = column.is_valid(0) ? target.intern(column.text(0)) : 0;
    std::fill(codes, codes + rows, code);
    return;
  }
  if (column.dictionary.get() == &target) {
    std::memcpy(codes, column.values, rows * sizeof(uint32_t));
    return;
  }
  if (column.coded()) {
    auto& known = workers_[worker].translations[column.dictionary];
    const auto* theirs = column.as<uint32_t>();
    for (size_t i = 0; i < rows; ++i) {
      uint32_t code = theirs[i];
      if (code >= known.size()) known.resize(std::max<size_t>(code + 1, known.size() * 2));
      if (known[code] == 0 && code != 0) known[code] = target.intern(column.dictionary->text(code));
      codes[i] = known[code];
    }
    return;
  }
  const auto* texts = column.as<std::string_view>();
  for (size_t i = 0; i < rows; ++i) codes[i] = column.valid == nullptr || column.valid[i] ? target.intern(texts[i]) : 0;
}

}  // namespace segue::engine

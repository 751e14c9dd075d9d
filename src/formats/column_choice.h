// Which of a source's declared columns are read.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "columns/type.h"

namespace segue::formats {

struct ColumnChoice {
  static constexpr size_t kNone = SIZE_MAX;

  struct Read {
    size_t field = 0;       // of those declared
    size_t output = kNone;  // in the batches; none: only looked at, because its values can make a row bad
    bool text = false;      // text that is handed on
  };

  // `used` are looked at, `columns` handed on in this order; both are indices into `declared`.
  ColumnChoice(const std::vector<Field>& declared, const std::vector<size_t>& used,
               const std::vector<size_t>& columns) {
    std::vector<size_t> outputs(declared.size(), kNone);
    std::vector<bool> looked_at(declared.size());
    for (size_t field : used) looked_at[field] = true;
    for (size_t field : columns) {
      outputs[field] = fields.size();
      looked_at[field] = true;
      fields.push_back(declared[field]);
    }
    for (size_t field = 0; field < declared.size(); ++field) {
      if (!looked_at[field]) continue;
      bool text = outputs[field] != kNone && declared[field].type.id == TypeId::kVarchar;
      reads.push_back({field, outputs[field], text});
      if (text) texts.push_back(field);
    }
  }

  std::vector<Field> fields;  // of the batches
  std::vector<Read> reads;    // in the order of fields
  std::vector<size_t> texts;  // the fields that are text and handed on
};

}  // namespace segue::formats

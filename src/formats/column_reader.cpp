#include "formats/column_reader.h"

#include <algorithm>
#include <cstring>

#include <fmt/format.h>

#include "base/error.h"
#include "formats/convert.h"
#include "formats/split_row.h"

namespace segue::formats {

ColumnScratch::ColumnScratch(size_t batch_rows)
    : begins(batch_rows),
      lengths(batch_rows),
      others(batch_rows),
      valid(batch_rows),
      quoted(batch_rows),
      unused_values(batch_rows * sizeof(Int128)),
      bad(batch_rows, uint8_t{0}) {}

namespace {

// All lines but the first, unless it is whole and no header, and the last. That one may begin within quotes does not
// matter: such lines seldom have the right number of fields.
void see_lines(std::string_view text, bool at_begin, const DelimitedSource& source, const std::vector<size_t>& columns,
               ColumnSample& sample) {
  std::vector<std::string_view> fields;
  size_t begin = at_begin && !source.header ? 0 : std::min(text.find('\n'), text.size() - 1) + 1;
  while (begin < text.size()) {
    size_t bytes = split_row(text.substr(begin), source.delimiter, source.quote, fields);
    if (begin + bytes == text.size()) break;
    begin += bytes;
    if (fields.size() != source.fields.size()) continue;
    for (size_t i = 0; i < columns.size(); ++i) {
      if (!fields[columns[i]].empty()) sample.see(i, fields[columns[i]]);
    }
  }
}

}  // namespace

ColumnReader::ColumnReader(const DelimitedSource& source, const std::vector<InputFile>& files, const Kernels& kernels)
    : kernels_(kernels), source_fields_(source.fields) {
  ColumnChoice choice(source.fields, source.used, source.columns);
  fields_ = choice.fields;
  std::vector<ColumnHabits> habits = sample_columns(files, choice.texts.size(), /*anywhere=*/true,
                                                    [&](std::string_view text, bool at_begin, ColumnSample& sample) {
                                                      see_lines(text, at_begin, source, choice.texts, sample);
                                                    });
  auto text = habits.begin();
  for (const ColumnChoice::Read& read : choice.reads) {
    ReadColumn& column = columns_.emplace_back(read.field, read.output, source.fields[read.field].type);
    if (!read.text) continue;
    column.habits = *text++;
    if (column.habits.coded) column.dictionary = std::make_shared<Dictionary>();
  }
  for (const std::string& spelling : source.null_spellings) {
    if (spelling.empty()) {
      empty_is_null_ = true;
    } else {
      null_spellings_.push_back(spelling);
    }
  }
}

// Most that a batch needs of BatchMemory.
size_t ColumnReader::batch_bytes(size_t rows, size_t window_bytes) const {
  size_t bytes = 0;
  for (const ReadColumn& column : columns_) {
    if (column.output == ColumnChoice::kNone) continue;
    bytes += rows * (converted_bytes(column.type) + 1) + 128;
  }
  return bytes + window_bytes + columns_.size() * 64;
}

Batch ColumnReader::read(ColumnScratch& scratch, const RowIndex& index, const LineReader::Window& window, size_t first,
                         size_t rows, const std::function<void(size_t row, std::string reason)>& bad) const {
  Batch batch;
  batch.rows = rows;
  batch.columns.resize(fields_.size());
  scratch.memory.begin(batch_bytes(rows, window.bytes));
  TextFields fields{index.values(), scratch.begins.data(), scratch.lengths.data(), nullptr, rows};
  size_t bad_values = 0;
  for (const ReadColumn& column : columns_) {
    index.fields(column.field, first, rows, scratch.begins.data(), scratch.lengths.data());
    Column* out = column.output == ColumnChoice::kNone ? nullptr : &batch.columns[column.output];
    bool quotes = index.quoted(column.field, first, rows, scratch.quoted.data());
    bad_values += convert_column(scratch, column, fields, quotes ? scratch.quoted.data() : nullptr, out);
  }
  if (bad_values != 0) {
    for (size_t i = 0; i < rows; ++i) {
      if (scratch.bad[i]) bad(first + i, explain_row(index, first + i));
    }
    drop_bad_rows(scratch, batch);
  }
  std::shared_ptr<const void> owner = scratch.memory.finish();
  for (Column& column : batch.columns) column.owner = owner;
  return batch;
}

void ColumnReader::find_nulls(const TextFields& fields, const uint8_t* quoted, uint8_t* valid, bool& any) const {
  uint8_t all = 1;
  for (size_t row = 0; row < fields.rows; ++row) {
    valid[row] = !empty_is_null_ | (fields.lengths[row] != 0);
    all &= valid[row];
  }
  for (const std::string& spelling : null_spellings_) {
    for (size_t row = 0; row < fields.rows; ++row) {
      if (fields.lengths[row] != spelling.size() || fields.text(row) != spelling) continue;
      valid[row] = all = 0;
    }
  }
  if (quoted != nullptr) {
    all = 1;
    for (size_t row = 0; row < fields.rows; ++row) all &= valid[row] |= quoted[row];
  }
  any = all == 0;
}

// Returns how many values are bad; marks their rows in scratch.bad.
size_t ColumnReader::convert_column(ColumnScratch& scratch, const ReadColumn& column, const TextFields& raw,
                                    const uint8_t* quoted, Column* out) const {
  TextFields fields = raw;
  bool has_nulls = false;
  bool coded = column.dictionary != nullptr;
  auto* valid =
      out == nullptr || coded ? scratch.valid.data() : reinterpret_cast<uint8_t*>(scratch.memory.allocate(fields.rows));
  find_nulls(fields, quoted, valid, has_nulls);
  if (has_nulls) {
    fields.valid = valid;
  } else if (out != nullptr && !coded) {
    scratch.memory.give_back(reinterpret_cast<std::byte*>(valid));
  }
  uint8_t* bad = scratch.bad.data();
  if (out == nullptr) {
    if (column.type.id == TypeId::kVarchar) return validate_text(fields, bad);
    return convert_fields(kernels_, column.type, fields, scratch.unused_values.data(), nullptr, bad,
                          scratch.others.data());
  }
  out->type = column.type;
  if (coded) {
    auto* codes = reinterpret_cast<uint32_t*>(scratch.memory.allocate(fields.rows * sizeof(uint32_t)));
    out->values = codes;
    out->dictionary = column.dictionary;
    size_t count = column.dictionary->intern_fields(fields, column.habits.repeats, codes);
    if (count != 0) {
      for (size_t row = 0; row < fields.rows; ++row) bad[row] |= codes[row] == Dictionary::kInvalid;
    }
    return count;
  }
  void* values = scratch.memory.allocate(fields.rows * converted_bytes(column.type));
  char* text = nullptr;
  if (column.type.id == TypeId::kVarchar) {
    size_t bytes = 0;
    for (size_t row = 0; row < fields.rows; ++row) bytes += fields.lengths[row];
    text = reinterpret_cast<char*>(scratch.memory.allocate(bytes));
  }
  out->values = values;
  out->valid = fields.valid;
  return convert_fields(kernels_, column.type, fields, values, text, bad, scratch.others.data());
}

// Closes the gaps that the rows leave which scratch.bad marks.
void ColumnReader::drop_bad_rows(ColumnScratch& scratch, Batch& batch) const {
  uint8_t* bad = scratch.bad.data();
  auto close_gaps = [&](const void* values, size_t width) {
    auto* bytes = static_cast<std::byte*>(const_cast<void*>(values));  // ours until the batch is handed on
    size_t to = 0;
    for (size_t i = 0; i < batch.rows; ++i) {
      if (bad[i]) continue;
      if (to != i) std::memcpy(bytes + to * width, bytes + i * width, width);
      ++to;
    }
  };
  for (Column& column : batch.columns) {
    close_gaps(column.values, column.coded() ? sizeof(uint32_t) : converted_bytes(column.type));
    if (column.valid != nullptr) close_gaps(column.valid, 1);
  }
  size_t rows = batch.rows;
  batch.rows -= static_cast<size_t>(std::ranges::count(bad, bad + rows, uint8_t{1}));
  std::fill_n(bad, rows, uint8_t{0});
}

// What is wrong with the row, told of its first bad value.
std::string ColumnReader::explain_row(const RowIndex& index, size_t row) const {
  for (const ReadColumn& column : columns_) {
    uint32_t begin = 0, length = 0;
    index.fields(column.field, row, 1, &begin, &length);
    uint8_t quoted = 0;
    index.quoted(column.field, row, 1, &quoted);
    std::string_view field(index.values() + begin, length);
    if (quoted == 0 &&
        (field.empty() ? empty_is_null_ : std::ranges::find(null_spellings_, field) != null_spellings_.end()))
      continue;
    std::string reason = explain(column.type, field);
    if (!reason.empty()) return fmt::format("{}: {}", source_fields_[column.field].name, reason);
  }
  fail(ErrorCode::kInternal, "a row was called bad but has no bad value");
}

}  // namespace segue::formats

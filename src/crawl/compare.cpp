#include "crawl/compare.h"

#include <algorithm>
#include <initializer_list>

#include <fmt/format.h>

#include "crawl/evidence.h"

namespace segue::crawl {
namespace {

using definition::FormatType;

// A type that takes the values of both; of one that is declared and one that was found.
Type wider(const Type& declared, const Type& found) {
  auto in = [](const Type& type, std::initializer_list<TypeId> ids) {
    return std::ranges::find(ids, type.id) != ids.end();
  };
  auto integer = [&](const Type& type) {
    return in(type, {TypeId::kTinyint, TypeId::kSmallint, TypeId::kInteger, TypeId::kBigint});
  };
  if (integer(declared) && (integer(found) || found.id == TypeId::kDecimal || found.id == TypeId::kDouble))
    return found;
  if (in(declared, {TypeId::kFloat, TypeId::kDouble, TypeId::kDecimal}) &&
      (integer(found) || in(found, {TypeId::kDouble, TypeId::kDecimal})))
    return TypeId::kDouble;
  if (declared.id == TypeId::kDate && found.id == TypeId::kTimestamp) return found;
  if (declared.nested() && found.id == declared.id) return found;
  return TypeId::kVarchar;
}

// Without those that folders tell.
std::vector<Field> columns_of_files(const definition::Source& declared) {
  return {declared.columns.begin(), declared.columns.end() - static_cast<ptrdiff_t>(declared.partitions)};
}

}  // namespace

Given given_by(const definition::Source& declared) {
  Given given;
  const definition::Format& format = declared.format;
  given.type = format.type;
  given.columns = columns_of_files(declared);
  if (format.type != FormatType::kDelimited) return given;
  given.delimiter = format.delimiter;
  given.quote = format.quote;
  given.encoding = format.encoding;
  given.header = format.header;
  given.nulls = format.nulls;
  return given;
}

std::vector<Change> compare(const definition::Source& declared, const FoundSource& found) {
  std::vector<Change> changes;
  const std::vector<Field> columns = columns_of_files(declared);
  auto add = [&](Change::Kind kind, const std::string& column, std::string reason) -> Change& {
    Change& change = changes.emplace_back();
    change.kind = kind;
    change.column = column;
    change.reason = std::move(reason);
    if (!found.files.empty()) change.file = found.files.front();
    return change;
  };
  bool delimited = declared.format.type == FormatType::kDelimited;
  if (found.source.format.type != declared.format.type) {
    add(Change::Kind::kFormat, "", "the files are of another format");
    return changes;
  }
  if (delimited && found.columns.size() != columns.size()) {
    add(Change::Kind::kColumns, "",
        fmt::format("{} columns are declared, the files have {}", columns.size(), found.columns.size()));
    return changes;
  }
  for (size_t i = 0; i < columns.size(); ++i) {
    const Field& field = columns[i];
    auto column = delimited ? found.columns.begin() + static_cast<ptrdiff_t>(i)
                            : std::ranges::find_if(found.columns, [&](const FoundColumn& each) {
                                return each.field.name == field.name;
                              });
    if (column == found.columns.end()) {
      if (declared.format.type == FormatType::kParquet) {
        add(Change::Kind::kColumns, field.name, "not all files have it");
      } else if (found.rows != 0) {
        add(Change::Kind::kUnseen, field.name, "no row that was looked at has it");
      }
      continue;
    }
    if (column->misfit.empty()) continue;
    Change& change = add(Change::Kind::kType, field.name, column->misfit);
    change.from = field.type;
    change.to =
        declared.format.type == FormatType::kParquet ? column->field.type : wider(field.type, column->field.type);
    change.file = column->misfit_file;
    change.line = column->misfit_line;
  }
  if (delimited) return changes;
  for (const FoundColumn& column : found.columns) {
    if (std::ranges::find(columns, column.field.name, &Field::name) != columns.end()) continue;
    add(Change::Kind::kNew, column.field.name, "").to = column.field.type;
  }
  return changes;
}

}  // namespace segue::crawl

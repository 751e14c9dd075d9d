#include "runs/table_source.h"

#include <algorithm>
#include <optional>
#include <string>

#include <fmt/format.h>

#include "base/error.h"
#include "formats/parquet.h"
#include "formats/partitions.h"

namespace segue::runs {
namespace {

std::vector<Value> values_of(const lake::TableState& table, const std::vector<size_t>& told,
                             const lake::DataFile& file) {
  std::vector<Value> values;
  for (size_t column : told) {
    const Field& field = table.fields[column];
    auto text = file.partition.find(field.name);
    std::optional<Value> value =
        text == file.partition.end() ? std::nullopt : formats::partition_value(field.type, text->second);
    if (!value) {
      std::string address = table.address + "/" + file.path;
      throw Failure(Error{ErrorCode::kIo,
                          fmt::format("the log of {} tells no {} of type {} for its file {}", table.name.full(),
                                      field.name, to_string(field.type), file.path),
                          {address, 0, 0, 0},
                          "another program wrote it"});
    }
    values.push_back(std::move(*value));
  }
  return values;
}

}  // namespace

std::vector<size_t> partition_columns(const lake::TableState& table) {
  std::vector<size_t> told;
  for (size_t i = 0; i < table.fields.size(); ++i)
    if (std::ranges::find(table.partition_by, table.fields[i].name) != table.partition_by.end()) told.push_back(i);
  return told;
}

std::vector<lake::DataFile> needed_files(const lake::TableState& table, const Readers& readers) {
  std::vector<size_t> told = partition_columns(table);
  std::vector<lake::DataFile> files;
  for (const lake::DataFile& file : table.files)
    if (needed(readers, told, values_of(table, told, file))) files.push_back(file);
  return files;
}

std::unique_ptr<formats::Scanner> open_table(const lake::TableState& table, const std::vector<size_t>& columns,
                                             size_t workers, const Cancellation& cancellation, Progress* progress,
                                             const Readers& readers) {
  lake::TableState read = table;
  read.files = needed_files(table, readers);
  formats::PartitionedColumns all{table.fields, partition_columns(table), {}, columns, {}};
  for (const lake::DataFile& file : read.files) all.values.push_back(values_of(table, all.partitions, file));
  return formats::open_partitioned(all, [&](const formats::FileColumns& of_files) {
    formats::ParquetSource parquet;
    parquet.name = table.name.full();
    parquet.files = read.file_addresses();
    parquet.fields = of_files.fields;
    parquet.columns = of_files.columns;
    parquet.missing_is_null = true;
    parquet.needed = needs_row_group(readers, all.partitions, all.values);
    return formats::open_parquet(parquet, workers, cancellation, progress);
  });
}

}  // namespace segue::runs

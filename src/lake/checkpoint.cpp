#include "lake/checkpoint.h"

#include <charconv>
#include <chrono>
#include <functional>
#include <map>

#include <arrow/api.h>
#include <arrow/io/memory.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <parquet/arrow/reader.h>
#include <parquet/arrow/writer.h>
#include <parquet/exception.h>

#include "base/error.h"
#include "lake/memory_pool.h"
#include "storage/arrow_status.h"

namespace segue::lake {
namespace {

using Texts = std::map<std::string, std::optional<std::string>>;

std::shared_ptr<arrow::DataType> text_map() { return arrow::map(arrow::utf8(), arrow::utf8()); }

std::shared_ptr<arrow::Schema> checkpoint_schema() {
  using namespace arrow;  // NOLINT: a table of types reads better without
  auto txn = struct_({field("appId", utf8()), field("version", int64()), field("lastUpdated", int64())});
  auto add = struct_({field("path", utf8()), field("partitionValues", text_map()), field("size", int64()),
                      field("modificationTime", int64()), field("dataChange", boolean()), field("stats", utf8()),
                      field("tags", text_map())});
  auto remove =
      struct_({field("path", utf8()), field("deletionTimestamp", int64()), field("dataChange", boolean()),
               field("extendedFileMetadata", boolean()), field("partitionValues", text_map()), field("size", int64())});
  auto format = struct_({field("provider", utf8()), field("options", text_map())});
  auto metadata =
      struct_({field("id", utf8()), field("name", utf8()), field("description", utf8()), field("format", format),
               field("schemaString", utf8()), field("partitionColumns", list(utf8())),
               field("configuration", text_map()), field("createdTime", int64())});
  auto protocol = struct_({field("minReaderVersion", int32()), field("minWriterVersion", int32())});
  return schema({field("txn", txn), field("add", add), field("remove", remove), field("metaData", metadata),
                 field("protocol", protocol)});
}

void check(const arrow::Status& status) { storage::check(status, "write", "a checkpoint"); }

// Appends rows: one struct is set, the others are NULL.
class Rows {
 public:
  Rows() : schema_(checkpoint_schema()) {
    for (const auto& field : schema_->fields()) {
      std::unique_ptr<arrow::ArrayBuilder> builder;
      check(arrow::MakeBuilder(table_memory(), field->type(), &builder));
      builders_.push_back(std::move(builder));
    }
  }

  // The builders of the fields of the row's one struct.
  arrow::StructBuilder& begin(const std::string& action) {
    arrow::StructBuilder* chosen = nullptr;
    for (int i = 0; i < schema_->num_fields(); ++i) {
      auto& builder = static_cast<arrow::StructBuilder&>(*builders_[static_cast<size_t>(i)]);
      if (schema_->field(i)->name() != action) {
        check(builder.AppendNull());
        continue;
      }
      check(builder.Append());
      chosen = &builder;
    }
    ++rows_;
    SEGUE_ASSERT(chosen != nullptr);
    return *chosen;
  }

  int64_t rows() const { return rows_; }

  std::string parquet() {
    arrow::ArrayVector arrays;
    for (auto& builder : builders_) arrays.push_back(storage::check(builder->Finish(), "write", "a checkpoint"));
    auto table = arrow::Table::Make(schema_, std::move(arrays), rows_);
    auto sink = storage::check(arrow::io::BufferOutputStream::Create(), "write", "a checkpoint");
    auto properties = parquet::WriterProperties::Builder().compression(parquet::Compression::SNAPPY)->build();
    check(parquet::arrow::WriteTable(*table, table_memory(), sink, std::max<int64_t>(rows_, 1), properties));
    return storage::check(sink->Finish(), "write", "a checkpoint")->ToString();
  }

 private:
  std::shared_ptr<arrow::Schema> schema_;
  std::vector<std::unique_ptr<arrow::ArrayBuilder>> builders_;
  int64_t rows_ = 0;
};

void append(arrow::ArrayBuilder& builder, const std::optional<std::string>& text) {
  auto& texts = static_cast<arrow::StringBuilder&>(builder);
  check(text ? texts.Append(*text) : texts.AppendNull());
}
void append(arrow::ArrayBuilder& builder, int64_t number) {
  check(static_cast<arrow::Int64Builder&>(builder).Append(number));
}
void append(arrow::ArrayBuilder& builder, bool flag) {
  check(static_cast<arrow::BooleanBuilder&>(builder).Append(flag));
}
void append(arrow::ArrayBuilder& builder, const Texts& texts) {
  auto& map = static_cast<arrow::MapBuilder&>(builder);
  check(map.Append());
  for (const auto& [key, text] : texts) {
    append(*map.key_builder(), std::optional(key));
    append(*map.item_builder(), text);
  }
}
void append(arrow::ArrayBuilder& builder, const std::map<std::string, std::string>& texts) {
  append(builder, Texts(texts.begin(), texts.end()));
}

void append_file(Rows& rows, const DataFile& file) {
  arrow::StructBuilder& add = rows.begin("add");
  append(*add.field_builder(0), std::optional(encode_path(file.path)));
  append(*add.field_builder(1), file.partition);
  append(*add.field_builder(2), static_cast<int64_t>(file.bytes));
  append(*add.field_builder(3), file.modified);
  append(*add.field_builder(4), false);  // what it changed was told in the log
  append(*add.field_builder(5), file.statistics.empty() ? std::nullopt : std::optional(file.statistics));
  append(*add.field_builder(6), file.tags);
}

void append_removed(Rows& rows, const DataFile& file) {
  arrow::StructBuilder& remove = rows.begin("remove");
  append(*remove.field_builder(0), std::optional(encode_path(file.path)));
  append(*remove.field_builder(1), file.removed);
  append(*remove.field_builder(2), false);
  append(*remove.field_builder(3), true);
  append(*remove.field_builder(4), file.partition);
  append(*remove.field_builder(5), static_cast<int64_t>(file.bytes));
}

void append_metadata(Rows& rows, const Metadata& metadata) {
  arrow::StructBuilder& data = rows.begin("metaData");
  append(*data.field_builder(0), std::optional(metadata.id));
  append(*data.field_builder(1), metadata.name.empty() ? std::nullopt : std::optional(metadata.name));
  append(*data.field_builder(2), metadata.description.empty() ? std::nullopt : std::optional(metadata.description));
  auto& format = static_cast<arrow::StructBuilder&>(*data.field_builder(3));
  check(format.Append());
  append(*format.field_builder(0), std::optional<std::string>("parquet"));
  append(*format.field_builder(1), Texts{});
  append(*data.field_builder(4), std::optional(metadata.schema));
  auto& columns = static_cast<arrow::ListBuilder&>(*data.field_builder(5));
  check(columns.Append());
  for (const std::string& column : metadata.partition_columns) append(*columns.value_builder(), std::optional(column));
  append(*data.field_builder(6), metadata.configuration);
  append(*data.field_builder(7), metadata.created);
}

// One action's column of what was read: other programs write more fields, fewer, and other widths of numbers.
class Action {
 public:
  Action(const arrow::Table& table, const std::string& name) {
    std::shared_ptr<arrow::ChunkedArray> column = table.GetColumnByName(name);
    if (!column || column->type()->id() != arrow::Type::STRUCT) return;
    for (const auto& chunk : column->chunks()) chunks_.push_back(std::static_pointer_cast<arrow::StructArray>(chunk));
  }

  // Calls use for every row that has this action.
  template <class Use>
  void each(Use use) {
    for (current_ = 0; current_ < chunks_.size(); ++current_)
      for (row_ = 0; row_ < chunks_[current_]->length(); ++row_)
        if (chunks_[current_]->IsValid(row_)) use(*this);
  }

  std::optional<std::string> text(const std::string& field) const {
    std::shared_ptr<arrow::Array> values = valid(field);
    return values ? text_at(*values, row_) : std::nullopt;
  }
  std::string required(const std::string& field) const {
    std::optional<std::string> found = text(field);
    if (!found) fail(ErrorCode::kIo, fmt::format("a row has no {}", field));
    return *found;
  }
  std::optional<int64_t> number(const std::string& field) const {
    std::shared_ptr<arrow::Array> values = valid(field);
    if (!values) return std::nullopt;
    if (values->type_id() == arrow::Type::INT64) return static_cast<const arrow::Int64Array&>(*values).Value(row_);
    if (values->type_id() == arrow::Type::INT32) return static_cast<const arrow::Int32Array&>(*values).Value(row_);
    fail(ErrorCode::kIo, fmt::format("{} is no whole number", field));
  }
  Texts texts(const std::string& field) const {
    Texts found;
    std::shared_ptr<arrow::Array> values = valid(field);
    if (!values) return found;
    if (values->type_id() != arrow::Type::MAP) fail(ErrorCode::kIo, fmt::format("{} is no map", field));
    const auto& map = static_cast<const arrow::MapArray&>(*values);
    for (int64_t i = map.value_offset(row_); i < map.value_offset(row_ + 1); ++i)
      if (std::optional<std::string> key = text_at(*map.keys(), i)) found[*key] = text_at(*map.items(), i);
    return found;
  }
  std::vector<std::string> list(const std::string& field) const {
    std::vector<std::string> found;
    std::shared_ptr<arrow::Array> values = valid(field);
    if (!values) return found;
    if (values->type_id() != arrow::Type::LIST) fail(ErrorCode::kIo, fmt::format("{} is no list", field));
    const auto& lists = static_cast<const arrow::ListArray&>(*values);
    for (int64_t i = lists.value_offset(row_); i < lists.value_offset(row_ + 1); ++i)
      found.push_back(text_at(*lists.values(), i).value_or(""));
    return found;
  }

 private:
  std::shared_ptr<arrow::Array> valid(const std::string& field) const {
    std::shared_ptr<arrow::Array> values = chunks_[current_]->GetFieldByName(field);
    return values && values->IsValid(row_) ? values : nullptr;
  }
  static std::optional<std::string> text_at(const arrow::Array& values, int64_t row) {
    if (values.IsNull(row)) return std::nullopt;
    switch (values.type_id()) {
      case arrow::Type::STRING: return static_cast<const arrow::StringArray&>(values).GetString(row);
      case arrow::Type::LARGE_STRING: return static_cast<const arrow::LargeStringArray&>(values).GetString(row);
      default: fail(ErrorCode::kIo, "a text is of another type");
    }
  }

  std::vector<std::shared_ptr<arrow::StructArray>> chunks_;
  size_t current_ = 0;
  int64_t row_ = 0;
};

std::map<std::string, std::string> known(const Texts& texts) {
  std::map<std::string, std::string> found;
  for (const auto& [key, text] : texts)
    if (text) found[key] = *text;
  return found;
}

DataFile read_file(const Action& action) {
  DataFile file;
  file.path = decode_path(action.required("path"));
  file.bytes = static_cast<uint64_t>(action.number("size").value_or(0));
  file.modified = action.number("modificationTime").value_or(0);
  file.removed = action.number("deletionTimestamp").value_or(0);
  file.partition = action.texts("partitionValues");
  file.tags = known(action.texts("tags"));
  file.statistics = action.text("stats").value_or("");
  file.rows = rows_of_statistics(file.statistics);
  return file;
}

void read_part(const std::string& content, Entry& entry) {
  auto buffer = std::make_shared<arrow::io::BufferReader>(arrow::Buffer::FromString(content));
  auto reader = storage::check(parquet::arrow::OpenFile(buffer, table_memory()), "read", "it");
  std::shared_ptr<arrow::Table> table = storage::check(reader->ReadTable(), "read", "it");
  Action(*table, "protocol").each([&](const Action& action) {
    entry.protocol = Protocol{static_cast<int>(action.number("minReaderVersion").value_or(1)),
                              static_cast<int>(action.number("minWriterVersion").value_or(1))};
  });
  Action(*table, "metaData").each([&](const Action& action) {
    Metadata metadata;
    metadata.id = action.required("id");
    metadata.name = action.text("name").value_or("");
    metadata.description = action.text("description").value_or("");
    metadata.schema = action.required("schemaString");
    metadata.partition_columns = action.list("partitionColumns");
    metadata.configuration = known(action.texts("configuration"));
    metadata.created = action.number("createdTime").value_or(0);
    entry.metadata = std::move(metadata);
  });
  Action(*table, "txn").each([&](const Action& action) {
    entry.transactions.push_back(
        {action.required("appId"), action.number("version").value_or(0), action.number("lastUpdated")});
  });
  Action(*table, "remove").each([&](const Action& action) { entry.removes.push_back(read_file(action)); });
  Action(*table, "add").each([&](const Action& action) { entry.adds.push_back(read_file(action)); });
}

std::optional<int64_t> digits(const std::string& text, size_t begin, size_t count) {
  int64_t value = 0;
  if (text.size() < begin + count) return std::nullopt;
  const char* end = text.data() + begin + count;
  auto parsed = std::from_chars(text.data() + begin, end, value);
  return parsed.ec == std::errc() && parsed.ptr == end && value >= 0 ? std::optional(value) : std::nullopt;
}

}  // namespace

// 00000000000000000010.checkpoint.parquet, or …0010.checkpoint.0000000001.0000000003.parquet: part 1 of 3.
std::vector<Checkpoint> find_checkpoints(const std::vector<std::string>& names) {
  std::map<std::pair<int64_t, int64_t>, std::vector<std::string>> found;  // by version and number of parts
  for (const std::string& name : names) {
    std::optional<int64_t> version = digits(name, 0, 20);
    if (!version || name.compare(20, 12, ".checkpoint.") != 0 || !name.ends_with(".parquet")) continue;
    if (name.size() == 20 + 19) {
      found[{*version, 1}] = {name};
    } else if (name.size() == 20 + 12 + 10 + 1 + 10 + 8) {
      std::optional<int64_t> parts = digits(name, 43, 10);
      if (parts) found[{*version, *parts}].push_back(name);
    }
  }
  std::vector<Checkpoint> checkpoints;
  for (const auto& [key, parts] : found)
    if (static_cast<int64_t>(parts.size()) == key.second) checkpoints.push_back({key.first, parts});
  return checkpoints;
}

Entry read_checkpoint(const storage::Store& store, const std::string& table_folder, const Checkpoint& checkpoint) {
  Entry entry;
  std::string address;
  try {
    for (const std::string& name : checkpoint.names) {
      std::string path = table_folder + "/_delta_log/" + name;
      address = store.address(path);
      std::optional<std::string> content = store.read(path);
      if (!content) fail(ErrorCode::kIo, "it is gone");
      read_part(*content, entry);
    }
    if (!entry.protocol || !entry.metadata) fail(ErrorCode::kIo, "it lacks the table's schema");
    return entry;
  } catch (const parquet::ParquetException& error) {
    fail(ErrorCode::kIo, fmt::format("cannot read the checkpoint {}: {}", address, error.what()));
  } catch (const Failure& failure) {
    fail(ErrorCode::kIo, fmt::format("cannot read the checkpoint {}: {}", address, failure.error().message));
  }
}

void write_checkpoint(storage::Store& store, const std::string& table_folder, const Snapshot& snapshot, int64_t now) {
  Rows rows;
  arrow::StructBuilder& protocol = rows.begin("protocol");
  check(static_cast<arrow::Int32Builder&>(*protocol.field_builder(0)).Append(snapshot.protocol.reader));
  check(static_cast<arrow::Int32Builder&>(*protocol.field_builder(1)).Append(snapshot.protocol.writer));
  append_metadata(rows, snapshot.metadata);
  for (const auto& [application, transaction] : snapshot.transactions) {
    arrow::StructBuilder& txn = rows.begin("txn");
    append(*txn.field_builder(0), std::optional(application));
    append(*txn.field_builder(1), transaction.version);
    auto& updated = static_cast<arrow::Int64Builder&>(*txn.field_builder(2));
    check(transaction.updated ? updated.Append(*transaction.updated) : updated.AppendNull());
  }
  for (const auto& [path, file] : snapshot.removed)
    if (file.removed >= now - kTombstoneMillis) append_removed(rows, file);
  for (const DataFile& file : snapshot.files) append_file(rows, file);

  std::string path = fmt::format("{}/_delta_log/{:020}.checkpoint.parquet", table_folder, snapshot.version);
  std::string last = table_folder + "/_delta_log/_last_checkpoint";
  try {
    store.put(path, rows.parquet());
  } catch (const parquet::ParquetException& error) {
    fail(ErrorCode::kIo, fmt::format("cannot write {}: {}", store.address(path), error.what()));
  }
  // It must be on the disk before anyone is sent to it.
  store.sync({path});
  store.put(last, nlohmann::ordered_json{{"version", snapshot.version}, {"size", rows.rows()}}.dump());
}

void checkpoint_if_due(storage::Store& store, const std::string& table_folder, int64_t version) noexcept {
  if (version == 0 || version % kCheckpointEvery != 0) return;
  try {
    auto now = std::chrono::system_clock::now().time_since_epoch();
    write_checkpoint(store, table_folder, read_log(store, table_folder, version),
                     std::chrono::duration_cast<std::chrono::milliseconds>(now).count());
  } catch (const std::exception&) {
    // The log says it all; the next one that is due is written from it.
  }
}

}  // namespace segue::lake

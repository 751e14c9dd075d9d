#include "formats/parquet_file.h"

#include <algorithm>

#include <arrow/api.h>
#include <arrow/io/caching.h>
#include <arrow/io/interfaces.h>
#include <fmt/format.h>
#include <parquet/arrow/schema.h>
#include <parquet/exception.h>
#include <parquet/file_reader.h>
#include <parquet/statistics.h>

#include "base/error.h"
#include "base/suggestion.h"
#include "columns/arrow.h"
#include "formats/parquet.h"
#include "storage/arrow_status.h"

namespace segue::formats {
namespace {

// Rows that Arrow decodes at a time: a dictionary is looked at once for each.
constexpr int64_t kPieceRows = 1 << 16;
// Of the row groups of a column, that many are kept as a dictionary if it is to be read as one.
constexpr double kNearlyAll = 0.9;

[[noreturn]] void fail_file(const std::string& path, std::string message, std::string hint = "") {
  throw Failure(Error{ErrorCode::kData, std::move(message), {path, 0, 0, 0}, std::move(hint)});
}

// A file as Arrow reads it. Says if it becomes shorter or is replaced meanwhile, as FileHandle does. Not thread-safe,
// but for ReadAt of a remote file: of that, Arrow reads several parts at the same time.
class ArrowFile final : public arrow::io::RandomAccessFile {
 public:
  explicit ArrowFile(const InputFile& file) : file_(file) { handle_.open(file_); }

  arrow::Status Close() override {
    closed_ = true;
    return arrow::Status::OK();
  }
  bool closed() const override { return closed_; }
  arrow::Result<int64_t> Tell() const override { return at_; }
  arrow::Status Seek(int64_t position) override {
    at_ = position;
    return arrow::Status::OK();
  }
  arrow::Result<int64_t> GetSize() override { return static_cast<int64_t>(file_.size); }
  arrow::Result<int64_t> ReadAt(int64_t position, int64_t bytes, void* out) override {
    auto size = static_cast<int64_t>(file_.size);
    if (position < 0 || bytes < 0 || position > size) return arrow::Status::Invalid("a position outside of the file");
    bytes = std::min(bytes, size - position);
    auto* to = static_cast<char*>(out);
    if (!file_.remote) {
      handle_.read(static_cast<uint64_t>(position), static_cast<size_t>(bytes), to);
      return bytes;
    }
    try {
      file_.remote->read(static_cast<uint64_t>(position), static_cast<size_t>(bytes), to);
    } catch (const Failure& failure) {  // on a thread of Arrow's
      return storage::carried(failure);
    }
    return bytes;
  }
  arrow::Result<std::shared_ptr<arrow::Buffer>> ReadAt(int64_t position, int64_t bytes) override {
    // What a damaged footer asks for is not made before it is known to be there.
    bytes = std::clamp<int64_t>(bytes, 0, static_cast<int64_t>(file_.size));
    ARROW_ASSIGN_OR_RAISE(auto buffer, arrow::AllocateResizableBuffer(bytes));
    ARROW_ASSIGN_OR_RAISE(int64_t read, ReadAt(position, bytes, buffer->mutable_data()));
    ARROW_RETURN_NOT_OK(buffer->Resize(read));
    return std::shared_ptr<arrow::Buffer>(std::move(buffer));
  }
  arrow::Result<int64_t> Read(int64_t bytes, void* out) override {
    ARROW_ASSIGN_OR_RAISE(int64_t read, ReadAt(at_, bytes, out));
    at_ += read;
    return read;
  }
  arrow::Result<std::shared_ptr<arrow::Buffer>> Read(int64_t bytes) override {
    ARROW_ASSIGN_OR_RAISE(auto buffer, ReadAt(at_, bytes));
    at_ += buffer->size();
    return buffer;
  }

 private:
  const InputFile& file_;
  FileHandle handle_;
  int64_t at_ = 0;
  bool closed_ = false;
};

void add_leaves(const parquet::arrow::SchemaField& field, std::vector<int>& leaves) {
  if (field.is_leaf()) leaves.push_back(field.column_index);
  for (const auto& child : field.children) add_leaves(child, leaves);
}

bool integer(const Type& type) {
  return type.id == TypeId::kTinyint || type.id == TypeId::kSmallint || type.id == TypeId::kInteger ||
         type.id == TypeId::kBigint;
}

bool all_codes(const parquet::ColumnChunkMetaData& chunk) {
  using parquet::Encoding;
  if (!chunk.has_dictionary_page()) return false;
  // Where a dictionary grew too large, plain pages follow those of codes.
  return std::ranges::none_of(chunk.encoding_stats(), [](const parquet::PageEncodingStats& pages) {
    return pages.page_type != parquet::PageType::DICTIONARY_PAGE && pages.encoding != Encoding::RLE_DICTIONARY &&
           pages.encoding != Encoding::PLAIN_DICTIONARY;
  });
}

}  // namespace

// Every value of `from` is one of `to`.
bool parquet_fits(const Type& from, const Type& to) {
  if (from == to || from.id == TypeId::kNull) return true;
  if (integer(from) && integer(to)) return value_bytes(from) <= value_bytes(to);
  if (from.id == TypeId::kFloat && to.id == TypeId::kDouble) return true;
  // Writers of old did not mark text.
  if (from.id == TypeId::kBlob && to.id == TypeId::kVarchar) return true;
  return from.id == TypeId::kDecimal && to.id == TypeId::kDecimal && from.scale == to.scale && from.width <= to.width;
}

std::vector<ParquetField> parquet_fields(const std::string& path, uint64_t& rows, const Cancellation& cancellation) {
  ParquetFile file(path, {}, false, cancellation);
  rows = 0;
  for (const ParquetRowGroup& group : file.row_groups()) rows += group.rows;
  return file.fields();
}

ParquetFile::ParquetFile(const std::string& path, const std::vector<Field>& columns, bool missing_is_null,
                         const Cancellation& cancellation)
    : file_(inspect_file(path, &cancellation)) {
  if (file_.packed())
    fail_file(path, fmt::format("{} is compressed or an archive; Parquet files are read as they are", path),
              "unpack it");
  try {
    metadata_ = parquet::ParquetFileReader::Open(std::make_shared<ArrowFile>(file_))->metadata();
    find_columns(columns, missing_is_null);
    look_at_row_groups();
  } catch (const parquet::ParquetStatusException& error) {
    storage::rethrow_carried(error.status());
    fail_file(path, fmt::format("{} can't be read as Parquet: {}", path, error.what()));
  } catch (const parquet::ParquetException& error) {
    fail_file(path, fmt::format("{} can't be read as Parquet: {}", path, error.what()),
              "is the file whole, and of that format?");
  }
}

void ParquetFile::find_columns(const std::vector<Field>& columns, bool missing_is_null) {
  parquet::arrow::SchemaManifest manifest;
  check(parquet::arrow::SchemaManifest::Make(metadata_->schema(), metadata_->key_value_metadata(),
                                             parquet::default_arrow_reader_properties(), &manifest));
  std::vector<std::string> names;
  for (const auto& field : manifest.schema_fields) names.push_back(field.field->name());
  for (size_t i = 0; i < columns.size(); ++i) {
    const Field& wanted = columns[i];
    auto found = std::ranges::find(names, wanted.name);
    if (found == names.end() && missing_is_null) continue;
    if (found == names.end()) {
      std::vector<std::string_view> near(names.begin(), names.end());
      fail_file(path(), fmt::format("{} has no column {}", path(), wanted.name), suggest(wanted.name, near));
    }
    if (std::find(found + 1, names.end(), wanted.name) != names.end())
      fail_file(path(), fmt::format("{} has two columns {}", path(), wanted.name));
    ParquetColumn column;
    column.read = i;
    column.field = static_cast<int>(found - names.begin());
    const auto& field = manifest.schema_fields[static_cast<size_t>(column.field)];
    try {
      column.type = from_arrow(*field.field->type());
    } catch (const Failure& failure) {
      fail_file(path(), fmt::format("{}: column {} can't be read: {}", path(), wanted.name, failure.error().message));
    }
    if (!parquet_fits(column.type, wanted.type)) {
      fail_file(path(),
                fmt::format("{}: column {} is {}, not {}", path(), wanted.name, to_string(column.type),
                            to_string(wanted.type)),
                "declare it as it is and cast it in a step's SQL");
    }
    add_leaves(field, column.leaves);
    columns_.push_back(std::move(column));
  }
  std::ranges::sort(columns_, {}, &ParquetColumn::field);
}

std::vector<ParquetField> ParquetFile::fields() const {
  parquet::arrow::SchemaManifest manifest;
  check(parquet::arrow::SchemaManifest::Make(metadata_->schema(), metadata_->key_value_metadata(),
                                             parquet::default_arrow_reader_properties(), &manifest));
  std::vector<ParquetField> fields;
  for (const auto& each : manifest.schema_fields) {
    ParquetField& field = fields.emplace_back();
    field.field.name = each.field->name();
    try {
      field.field.type = from_arrow(*each.field->type());
    } catch (const Failure& failure) {
      field.problem = failure.error().message;
    }
  }
  return fields;
}

void ParquetFile::look_at_row_groups() {
  std::vector<int> coded(columns_.size());
  for (int i = 0; i < metadata_->num_row_groups(); ++i) {
    auto group = metadata_->RowGroup(i);
    ParquetRowGroup& seen = row_groups_.emplace_back();
    seen.rows = static_cast<uint64_t>(std::max<int64_t>(group->num_rows(), 0));
    for (size_t c = 0; c < columns_.size(); ++c) {
      for (int leaf : columns_[c].leaves)
        seen.bytes += static_cast<uint64_t>(std::max<int64_t>(group->ColumnChunk(leaf)->total_compressed_size(), 0));
      coded[c] += all_codes(*group->ColumnChunk(columns_[c].leaves[0]));
    }
  }
  for (size_t c = 0; c < columns_.size(); ++c)
    columns_[c].dictionary = coded[c] != 0 && coded[c] >= kNearlyAll * static_cast<double>(row_groups_.size());
}

std::unique_ptr<parquet::arrow::FileReader> ParquetFile::open(const std::vector<bool>& coded) const {
  parquet::ArrowReaderProperties properties(/*use_threads=*/false);
  properties.set_batch_size(kPieceRows);
  properties.set_pre_buffer(file_.remote != nullptr);  // all columns of a row group at the same time
  properties.set_cache_options(arrow::io::CacheOptions::Defaults());
  properties.set_coerce_int96_timestamp_unit(arrow::TimeUnit::MICRO);
  for (const ParquetColumn& column : columns_) {
    if (coded[column.read]) properties.set_read_dictionary(column.leaves[0], true);
  }
  std::unique_ptr<parquet::arrow::FileReader> reader;
  parquet::arrow::FileReaderBuilder builder;
  check(builder.Open(std::make_shared<ArrowFile>(file_), parquet::default_reader_properties(), metadata_));
  check(builder.properties(properties)->Build(&reader));
  return reader;
}

std::unique_ptr<arrow::RecordBatchReader> ParquetFile::read(parquet::arrow::FileReader& reader,
                                                            size_t row_group) const {
  std::vector<int> leaves;
  for (const ParquetColumn& column : columns_) leaves.insert(leaves.end(), column.leaves.begin(), column.leaves.end());
  auto pieces = reader.GetRecordBatchReader({static_cast<int>(row_group)}, leaves);
  check(pieces.status());
  return std::move(pieces).ValueUnsafe();
}

std::optional<std::pair<Column, Column>> ParquetFile::range(const ParquetColumn& column, size_t row_group) const {
  if (column.type.nested()) return std::nullopt;
  try {
    auto statistics = metadata_->RowGroup(static_cast<int>(row_group))->ColumnChunk(column.leaves[0])->statistics();
    if (statistics == nullptr || !statistics->HasMinMax()) return std::nullopt;
    std::shared_ptr<arrow::Scalar> least, greatest;
    if (!parquet::arrow::StatisticsAsScalars(*statistics, &least, &greatest).ok()) return std::nullopt;
    auto column_of = [&](const arrow::Scalar& scalar) { return from_arrow(*arrow::MakeArrayFromScalar(scalar, 1)); };
    std::pair<Column, Column> range{column_of(*least), column_of(*greatest)};
    if (range.first.type != column.type || range.second.type != column.type) return std::nullopt;
    return range;
  } catch (const parquet::ParquetException&) {  // of an unusual type, or damaged: the rows themselves will tell
    return std::nullopt;
  } catch (const Failure&) {
    return std::nullopt;
  }
}

void ParquetFile::check(const arrow::Status& status) const {
  storage::rethrow_carried(status);
  if (!status.ok())
    fail_file(path(), fmt::format("{}: {}", path(), status.message()), "the file is damaged, or unusual");
}

}  // namespace segue::formats

#include "lake/parquet_file.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <mutex>
#include <thread>
#include <unordered_set>

#include <arrow/array.h>
#include <arrow/io/interfaces.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <arrow/util/parallel.h>
#include <arrow/util/thread_pool.h>
#include <parquet/arrow/writer.h>
#include <parquet/exception.h>
#include <parquet/metadata.h>
#include <parquet/properties.h>

#include "base/error.h"
#include "base/hash.h"
#include "base/limits.h"
#include "lake/arrow_columns.h"
#include "lake/memory_pool.h"
#include "lake/partition.h"
#include "lake/statistics.h"
#include "storage/arrow_status.h"

namespace segue::lake {
namespace {

// Text of one row group that is held at once, besides the limit on rows.
constexpr size_t kRowGroupTextBytes = size_t{256} << 20;
// Readers take row groups side by side, so tables that are not large have this many, but none smaller than DuckDB's own.
constexpr size_t kRowGroups = 8;
constexpr size_t kLeastRowGroupRows = 122'880;
constexpr size_t kSampleValues = 4096;
constexpr int64_t kDictionaryBytes = int64_t{4} << 20;

// How one top-level column is written.
struct ColumnPlan {
  bool codes = false;       // the array is a dictionary of ours
  bool dictionary = false;  // Parquet's dictionary encoding
};

// Values of a fixed-width or text column as 64-bit hashes; equal hashes count as equal values.
uint64_t value_hash(const Column& column, size_t row) {
  size_t i = row * column.stride;
  if (column.coded()) return column.as<uint32_t>()[i];
  if (column.type.text()) return Dictionary::hash(column.as<std::string_view>()[i]);
  const auto* bytes = static_cast<const unsigned char*>(column.values) + i * value_bytes(column.type);
  uint64_t hash = 0;
  for (size_t at = 0, width = value_bytes(column.type); at < width; at += 8) {
    uint64_t word = 0;
    std::memcpy(&word, bytes + at, std::min<size_t>(8, width - at));
    hash = hash_combine(hash, word);
  }
  return hash;
}

// Rows that go into files of their own, and which columns of them.
struct Selection {
  const Relation* relation = nullptr;
  std::vector<size_t> columns;
  std::vector<Field> fields;  // of these columns
  std::vector<RowRange> ranges;
  size_t rows = 0;
  std::string folder;  // below the table's, or empty
  PartitionValues values;
};

// Whether a sample, spread over all rows, repeats its values: then a dictionary pays.
bool few_distinct(const Selection& rows, size_t column) {
  if (rows.rows == 0) return true;
  size_t step = std::max<size_t>(1, rows.rows / kSampleValues);
  std::unordered_set<uint64_t> seen;
  size_t looked = 0;
  size_t next = 0;  // row of the selection
  size_t first = 0;
  for (const RowRange& range : rows.ranges) {
    size_t count = range.end - range.begin;
    for (; next < first + count; next += step) {
      const Column& values = range.batch->columns[column];
      size_t row = range.begin + (next - first);
      if (!values.is_valid(row)) continue;
      seen.insert(value_hash(values, row));
      ++looked;
    }
    first += count;
  }
  return seen.size() * 4 <= looked || seen.size() <= 16;
}

// Whether texts repeat within a row group, which a sample spread over all rows would not show where like rows lie
// together: then a dictionary makes them smaller, and quicker to read.
bool texts_repeat(const Selection& rows, size_t column) {
  constexpr size_t kSlots = size_t{1} << 17;
  const size_t most = std::min(rows.rows, kLeastRowGroupRows) / 4;
  static_assert(kLeastRowGroupRows / 4 < kSlots / 2);
  std::vector<uint64_t> slots(kSlots);  // hashes; 0: none
  size_t distinct = 0, looked = 0;
  for (const RowRange& range : rows.ranges) {
    const Column& values = range.batch->columns[column];
    for (size_t row = range.begin; row < range.end; ++row) {
      if (++looked > kLeastRowGroupRows) return true;
      if (!values.is_valid(row)) continue;
      uint64_t hash = value_hash(values, row);
      hash += hash == 0;
      size_t at = hash % kSlots;
      while (slots[at] != 0 && slots[at] != hash) at = (at + 1) % kSlots;
      if (slots[at] == hash) continue;
      if (++distinct > most) return false;
      slots[at] = hash;
    }
  }
  return true;
}

ColumnPlan plan_column(const Selection& rows, size_t column) {
  const Type& type = rows.relation->fields[column].type;
  ColumnPlan plan;
  if (type.nested() || type.id == TypeId::kBoolean) {
    plan.dictionary = type.nested();
    return plan;
  }
  plan.dictionary = few_distinct(rows, column) || (type.text() && texts_repeat(rows, column));
  if (type.id != TypeId::kVarchar || rows.ranges.empty()) return plan;
  // Codes are kept if they are of one dictionary that is not far larger than what is written (its codes are renumbered
  // by an array).
  const std::shared_ptr<Dictionary>& dictionary = rows.ranges.front().batch->columns[column].dictionary;
  plan.codes = plan.dictionary && dictionary && dictionary->size() <= rows.rows * 4;
  for (const RowRange& range : rows.ranges)
    plan.codes = plan.codes && range.batch->columns[column].dictionary == dictionary;
  return plan;
}

// Leaves below a nested column: dictionary first, and what does not repeat falls back to PLAIN by itself.
void choose_leaves(parquet::WriterProperties::Builder& builder, const std::string& path, const Type& type,
                   bool dictionary) {
  if (type.id == TypeId::kList) return choose_leaves(builder, path + ".list.element", type.element(), dictionary);
  if (type.id == TypeId::kStruct) {
    for (const Field& field : type.fields) choose_leaves(builder, path + "." + field.name, field.type, dictionary);
    return;
  }
  if (dictionary && type.id != TypeId::kBoolean) {
    builder.enable_dictionary(path);
    return;
  }
  builder.disable_dictionary(path);
  bool integer = type.id == TypeId::kTinyint || type.id == TypeId::kSmallint || type.id == TypeId::kInteger ||
                 type.id == TypeId::kBigint || type.id == TypeId::kDate || type.id == TypeId::kTimestamp ||
                 (type.id == TypeId::kDecimal && !type.wide_decimal());
  if (integer) builder.encoding(path, parquet::Encoding::DELTA_BINARY_PACKED);
}

template <class T>
bool has_nan(const Column& column, size_t begin, size_t end) {
  const T* values = column.as<T>();
  for (size_t row = begin; row < end; ++row)
    if (std::isnan(values[row * column.stride]) && column.is_valid(row)) return true;
  return false;
}

bool has_nan(const Type& type, const Column& column, size_t begin, size_t end) {
  if (type.id == TypeId::kFloat) return has_nan<float>(column, begin, end);
  if (type.id == TypeId::kDouble) return has_nan<double>(column, begin, end);
  if (type.id != TypeId::kStruct) return false;
  for (size_t field = 0; field < type.fields.size(); ++field)
    if (has_nan(type.fields[field].type, column.children[field], begin, end)) return true;
  return false;
}

struct RowGroup {
  std::vector<RowRange> ranges;
  size_t rows = 0;
};

size_t text_bytes(const Batch& batch, size_t begin, size_t end) {
  size_t bytes = 0;
  for (const Column& column : batch.columns) {
    if (!column.type.text() || column.coded() || column.constant()) continue;
    const auto* texts = column.as<std::string_view>();
    for (size_t row = begin; row < end; ++row)
      if (column.is_valid(row)) bytes += texts[row].size();
  }
  return bytes;
}

std::vector<RowGroup> split(const Selection& rows) {
  constexpr size_t kStep = 4096;  // rows between two looks at the size of their text
  const size_t most = std::clamp((rows.rows + kRowGroups - 1) / kRowGroups, kLeastRowGroupRows, limits::kRowGroupRows);
  std::vector<RowGroup> groups(1);
  size_t bytes = 0;
  for (const RowRange& range : rows.ranges) {
    for (size_t begin = range.begin; begin < range.end;) {
      if (groups.back().rows == most || bytes >= kRowGroupTextBytes) {
        groups.emplace_back();
        bytes = 0;
      }
      RowGroup& group = groups.back();
      size_t end = std::min<size_t>({range.end, begin + kStep, begin + most - group.rows});
      bytes += text_bytes(*range.batch, begin, end);
      if (!group.ranges.empty() && group.ranges.back().batch == range.batch && group.ranges.back().end == begin)
        group.ranges.back().end = static_cast<uint32_t>(end);
      else
        group.ranges.push_back({range.batch, static_cast<uint32_t>(begin), static_cast<uint32_t>(end)});
      group.rows += end - begin;
      begin = end;
    }
  }
  return groups;
}

class Writer {
 public:
  Writer(storage::Store& store, const Selection& rows, const WriteOptions& options)
      : store_(store), rows_(rows), options_(options) {
    size_t threads = std::max<size_t>(1, std::min(options.threads, rows.fields.size()));
    // One thread writes without the pool: small tables are done before it would wake up.
    parallel_ = threads > 1 && rows.rows >= 16384;
    if (parallel_)
      pool_ =
          storage::check(arrow::internal::ThreadPool::Make(static_cast<int>(threads)), "start threads for", "the lake");
    arrow::FieldVector fields;
    parquet::WriterProperties::Builder properties;
    properties.version(parquet::ParquetVersion::PARQUET_2_6)
        ->compression(parquet::Compression::ZSTD)
        ->dictionary_pagesize_limit(kDictionaryBytes)
        ->max_row_group_length(static_cast<int64_t>(limits::kRowGroupRows))
        ->enable_store_decimal_as_integer()
        ->memory_pool(table_memory())
        ->created_by("Segue");
    for (size_t column = 0; column < rows.fields.size(); ++column) {
      const Field& field = rows.fields[column];
      plans_.push_back(plan_column(rows, rows.columns[column]));
      fields.push_back(arrow::field(field.name, arrow_type(field.type, plans_.back().codes)));
      choose_leaves(properties, field.name, field.type, plans_.back().dictionary);
    }
    schema_ = arrow::schema(std::move(fields));
    properties_ = properties.build();
    parquet::ArrowWriterProperties::Builder arrow_properties;
    if (parallel_) arrow_properties.set_use_threads(true)->set_executor(pool_.get());
    arrow_properties_ = arrow_properties.build();
  }

  // Writes row groups from `next` on into one file, until it is large enough or `end` is reached; moves `next` past
  // them.
  DataFile write(const std::string& path, const std::vector<RowGroup>& groups, size_t& next, size_t end) {
    try {
      return write_file(path, groups, next, end);
    } catch (const parquet::ParquetException& error) {
      fail(ErrorCode::kIo, "cannot write " + store_.address(path) + ": " + error.what());
    } catch (const std::bad_alloc&) {
      fail(ErrorCode::kLimit, "no memory left to write " + store_.address(path));
    }
  }

 private:
  DataFile write_file(const std::string& path, const std::vector<RowGroup>& groups, size_t& next, size_t end) {
    std::string address = store_.address(path);
    std::shared_ptr<arrow::io::OutputStream> stream = store_.create(path);
    std::unique_ptr<parquet::arrow::FileWriter> writer = storage::check(
        parquet::arrow::FileWriter::Open(*schema_, table_memory(), stream, properties_, arrow_properties_), "write",
        address);
    std::vector<ColumnFacts> facts(rows_.fields.size());
    do {
      if (options_.cancellation != nullptr) options_.cancellation->check();
      const RowGroup& group = groups[next++];
      if (group.rows == 0) break;
      storage::check(writer->NewBufferedRowGroup(), "write", address);
      storage::check(writer->WriteRecordBatch(*convert(group, facts)), "write", address);
    } while (next < end &&
             static_cast<uint64_t>(storage::check(stream->Tell(), "write", address)) < options_.file_bytes);
    storage::check(writer->Close(), "write", address);
    DataFile file;
    file.bytes = static_cast<uint64_t>(storage::check(stream->Tell(), "write", address));
    storage::check(stream->Close(), "write", address);
    std::shared_ptr<parquet::FileMetaData> footer = writer->metadata();
    file.rows = static_cast<uint64_t>(footer->num_rows());
    file.modified =
        std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch())
            .count();
    std::vector<Field> named = rows_.fields;
    if (options_.tells_file) {
      named.pop_back();
      facts.pop_back();
      file.tags[kFileTag] = kFileColumn;
    }
    file.statistics = delta_statistics(named, *footer, facts);
    return file;
  }

  std::shared_ptr<arrow::RecordBatch> convert(const RowGroup& group, std::vector<ColumnFacts>& facts) {
    arrow::ArrayVector arrays(rows_.fields.size());
    auto convert_column = [&](int index) {
      auto column = static_cast<size_t>(index);
      const Type& type = rows_.fields[column].type;
      std::vector<Piece> pieces;
      pieces.reserve(group.ranges.size());
      for (const RowRange& range : group.ranges) {
        const Column& values = range.batch->columns[rows_.columns[column]];
        pieces.push_back({&values, range.begin, range.end});
        facts[column].nan = facts[column].nan || has_nan(type, values, range.begin, range.end);
      }
      arrays[column] = arrow_array(type, pieces, plans_[column].codes);
      if (type.id == TypeId::kList) facts[column].null_lists += static_cast<uint64_t>(arrays[column]->null_count());
    };
    int columns = static_cast<int>(rows_.fields.size());
    if (parallel_) {
      std::vector<std::exception_ptr> failures(rows_.fields.size());
      arrow::Status status = arrow::internal::ParallelFor(
          columns,
          [&](int index) {
            try {
              convert_column(index);
            } catch (...) {
              failures[static_cast<size_t>(index)] = std::current_exception();
            }
            return arrow::Status::OK();
          },
          pool_.get());
      storage::check(status, "convert rows of", "a table");
      for (const std::exception_ptr& failure : failures)
        if (failure) std::rethrow_exception(failure);
    } else {
      for (int index = 0; index < columns; ++index) convert_column(index);
    }
    return arrow::RecordBatch::Make(schema_, static_cast<int64_t>(group.rows), std::move(arrays));
  }

  storage::Store& store_;
  const Selection& rows_;
  const WriteOptions& options_;
  bool parallel_ = false;
  std::shared_ptr<arrow::internal::ThreadPool> pool_;
  std::vector<ColumnPlan> plans_;
  std::shared_ptr<arrow::Schema> schema_;
  std::shared_ptr<parquet::WriterProperties> properties_;
  std::shared_ptr<parquet::ArrowWriterProperties> arrow_properties_;
};

std::vector<Selection> select_parts(const Relation& rows, const std::vector<size_t>& partition_by) {
  Selection part{&rows, {}, {}, {}, 0, "", {}};
  for (size_t column = 0; column < rows.fields.size(); ++column) {
    if (std::find(partition_by.begin(), partition_by.end(), column) != partition_by.end()) continue;
    part.columns.push_back(column);
    part.fields.push_back(rows.fields[column]);
  }
  std::vector<Selection> parts;
  if (partition_by.empty()) {
    for (const Batch& batch : rows.batches)
      if (batch.rows != 0) part.ranges.push_back({&batch, 0, static_cast<uint32_t>(batch.rows)});
    part.rows = rows.rows();
    parts.push_back(std::move(part));
    return parts;
  }
  for (Partition& partition : split_partitions(rows, partition_by)) {
    Selection& one = parts.emplace_back(part);
    one.ranges = std::move(partition.ranges);
    one.rows = partition.rows;
    one.folder = std::move(partition.folder);
    one.values = std::move(partition.values);
  }
  return parts;
}

// Row groups [begin, end) of a selection, which one thread writes.
struct Job {
  const Selection* rows;
  const std::vector<RowGroup>* groups;
  size_t begin, end;
  std::vector<DataFile> files;
};

}  // namespace

std::vector<DataFile> write_parquet(storage::Store& store, const std::string& folder, const Relation& rows,
                                    const WriteOptions& options, const std::function<std::string(size_t number)>& name,
                                    const std::function<void(const std::string& path)>& created) {
  std::vector<Selection> selections = select_parts(rows, options.partition_by);
  size_t most = std::max<size_t>(1, options.threads);
  std::vector<std::vector<RowGroup>> groups;
  std::vector<Job> jobs;
  for (const Selection& selection : selections) groups.push_back(split(selection));
  for (size_t i = 0; i < selections.size(); ++i) {
    size_t count = groups[i].size();
    size_t pieces = std::clamp<size_t>(count / options.part_groups, 1, most);
    for (size_t piece = 0; piece < pieces; ++piece)
      jobs.push_back({&selections[i], &groups[i], piece * count / pieces, (piece + 1) * count / pieces, {}});
  }
  size_t workers = std::min(most, jobs.size());
  WriteOptions job_options = options;
  if (workers > 0) job_options.threads = options.threads / workers;
  std::mutex lock;
  size_t numbered = 0;
  std::atomic<size_t> claimed{0};
  std::atomic<bool> failed{false};
  auto work = [&] {
    for (size_t i = claimed++; i < jobs.size() && !failed; i = claimed++) {
      Job& job = jobs[i];
      Writer writer(store, *job.rows, job_options);
      for (size_t next = job.begin; next < job.end && !failed;) {
        std::string path = job.rows->folder.empty() ? "" : job.rows->folder + "/";
        {
          std::lock_guard guard(lock);
          path += name(numbered++);
          created(folder + "/" + path);
        }
        DataFile file = writer.write(folder + "/" + path, *job.groups, next, job.end);
        file.path = std::move(path);
        file.partition = job.rows->values;
        job.files.push_back(std::move(file));
      }
    }
  };
  if (workers <= 1) {
    work();
  } else {
    std::vector<std::exception_ptr> failures(workers);
    std::vector<std::thread> threads;
    for (size_t worker = 0; worker < workers; ++worker) {
      threads.emplace_back([&, worker] {
        try {
          work();
        } catch (...) {
          failures[worker] = std::current_exception();
          failed = true;
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
    for (const std::exception_ptr& failure : failures)
      if (failure) std::rethrow_exception(failure);
  }
  std::vector<DataFile> all;
  for (Job& job : jobs) std::move(job.files.begin(), job.files.end(), std::back_inserter(all));
  return all;
}

}  // namespace segue::lake

#include "runs/sources.h"

#include "formats/delimited.h"
#include "formats/files.h"
#include "formats/json.h"
#include "formats/parquet.h"

namespace segue::runs {
namespace {

// Hands the bad rows over when the scan ends, as the engine does not keep the scanner longer.
class CollectingScanner : public formats::Scanner {
 public:
  CollectingScanner(std::unique_ptr<formats::Scanner> inner, std::vector<formats::BadRow>& bad_rows)
      : inner_(std::move(inner)), bad_rows_(bad_rows) {}

  size_t morsels() const override { return inner_->morsels(); }
  uint64_t bytes() const override { return inner_->bytes(); }
  const std::vector<Field>& fields() const override { return inner_->fields(); }
  void scan(size_t worker, size_t morsel, const std::function<void(Batch&&)>& emit) override {
    inner_->scan(worker, morsel, emit);
  }
  void finish() override {
    inner_->finish();
    bad_rows_ = inner_->take_bad_rows();
  }
  std::vector<formats::BadRow> take_bad_rows() override { return {}; }

 private:
  std::unique_ptr<formats::Scanner> inner_;
  std::vector<formats::BadRow>& bad_rows_;
};

std::vector<std::string> files_of(const definition::Source& source) {
  try {
    return formats::expand_files(source.path);
  } catch (const Failure& failure) {
    // The reader's place is the path itself; the definition's line is where it can be mended.
    std::vector<Error> errors = failure.errors();
    if (source.path_place.known()) errors.front().place = source.path_place;
    throw Failure(std::move(errors));
  }
}

formats::DelimitedSource delimited_source(const definition::Source& source) {
  formats::DelimitedSource delimited;
  delimited.delimiter = source.format.delimiter;
  delimited.quote = source.format.quote;
  delimited.encoding =
      source.format.encoding == definition::Encoding::kLatin1 ? formats::Encoding::kLatin1 : formats::Encoding::kUtf8;
  delimited.header = source.format.header;
  delimited.null_spellings = {""};
  delimited.null_spellings.insert(delimited.null_spellings.end(), source.format.nulls.begin(),
                                  source.format.nulls.end());
  return delimited;
}

}  // namespace

std::unique_ptr<formats::Scanner> open_source(const PreparedSource& source, const std::vector<size_t>& columns,
                                              size_t workers, const Cancellation& cancellation, Progress* progress,
                                              BadRowsOfSources& bad_rows) {
  const definition::Source& definition = *source.source;
  auto fill = [&](auto& all) {  // what sources of all formats have
    all.name = definition.name;
    all.files = files_of(definition);
    all.fields = definition.columns;
    all.columns = columns;
    all.used = source.used;
    all.bad_rows = {definition.bad_rows.quarantine, definition.bad_rows.at_most_share};
  };
  std::unique_ptr<formats::Scanner> scanner;
  if (definition.format.type == definition::FormatType::kDelimited) {
    formats::DelimitedSource delimited = delimited_source(definition);
    delimited.members = definition.member;
    fill(delimited);
    scanner = formats::open_delimited(delimited, workers, cancellation, progress);
  } else if (definition.format.type == definition::FormatType::kParquet) {
    formats::ParquetSource parquet;
    fill(parquet);
    scanner = formats::open_parquet(parquet, workers, cancellation, progress);
  } else {
    formats::JsonSource json;
    json.lines = definition.format.type == definition::FormatType::kJsonLines;
    json.members = definition.member;
    fill(json);
    scanner = formats::open_json(json, workers, cancellation, progress);
  }
  return std::make_unique<CollectingScanner>(std::move(scanner), bad_rows[definition.name]);
}

}  // namespace segue::runs

#include "runs/sources.h"

#include "formats/delimited.h"
#include "formats/files.h"

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

}  // namespace

std::unique_ptr<formats::Scanner> open_source(const PreparedSource& source, const std::vector<size_t>& columns,
                                              size_t workers, const Cancellation& cancellation, Progress* progress,
                                              BadRowsOfSources& bad_rows) {
  const definition::Source& definition = *source.source;
  formats::DelimitedSource delimited;
  delimited.name = definition.name;
  try {
    delimited.files = formats::expand_files(definition.path);
  } catch (const Failure& failure) {
    // The reader's place is the path itself; the definition's line is where it can be mended.
    std::vector<Error> errors = failure.errors();
    if (definition.path_place.known()) errors.front().place = definition.path_place;
    throw Failure(std::move(errors));
  }
  delimited.delimiter = definition.format.delimiter;
  delimited.quote = definition.format.quote;
  delimited.encoding = definition.format.encoding == definition::Encoding::kLatin1 ? formats::Encoding::kLatin1
                                                                                   : formats::Encoding::kUtf8;
  delimited.header = definition.format.header;
  delimited.null_spellings = {""};
  delimited.null_spellings.insert(delimited.null_spellings.end(), definition.format.nulls.begin(),
                                  definition.format.nulls.end());
  delimited.fields = definition.columns;
  delimited.columns = columns;
  delimited.used = source.used;
  delimited.bad_rows = {definition.bad_rows.quarantine, definition.bad_rows.at_most_share};
  return std::make_unique<CollectingScanner>(formats::open_delimited(delimited, workers, cancellation, progress),
                                             bad_rows[definition.name]);
}

}  // namespace segue::runs

// The crawler: whether a header is given; a line's end; then a file. What is found reads the file: every row is read or
// was told as an exception.
#include <gtest/gtest.h>

#include "base/cancellation.h"
#include "crawl/crawl.h"
#include "crawl/look.h"
#include "crawl/yaml_text.h"
#include "formats/delimited.h"
#include "formats/json.h"
#include "fuzz/fuzz.h"

namespace segue::fuzz {
namespace {

template <class Source>
void fill(Source& source, const crawl::FoundSource& found) {
  source.name = found.source.name;
  source.files = found.files;
  source.fields = found.source.columns;
  for (size_t i = 0; i < source.fields.size(); ++i) source.columns.push_back(i);
  source.bad_rows.quarantine = true;
}

size_t bad_rows(formats::Scanner& scanner, size_t& rows) {
  for (size_t morsel = 0; morsel < scanner.morsels(); ++morsel)
    scanner.scan(0, morsel, [&](Batch&& batch) { rows += batch.rows; });
  scanner.finish();
  return scanner.take_bad_rows().size();
}

void expect_read(const crawl::FoundSource& found) {
  Cancellation cancellation;
  std::unique_ptr<formats::Scanner> scanner;
  const definition::Format& format = found.source.format;
  if (format.type == definition::FormatType::kDelimited) {
    formats::DelimitedSource source;
    fill(source, found);
    source.delimiter = format.delimiter;
    source.quote = format.quote;
    source.encoding =
        format.encoding == definition::Encoding::kLatin1 ? formats::Encoding::kLatin1 : formats::Encoding::kUtf8;
    source.header = format.header;
    source.null_spellings.insert(source.null_spellings.end(), format.nulls.begin(), format.nulls.end());
    scanner = formats::open_delimited(source, 1, cancellation, nullptr);
  } else if (format.type != definition::FormatType::kParquet && !found.source.columns.empty()) {
    formats::JsonSource source;
    fill(source, found);
    source.lines = format.type == definition::FormatType::kJsonLines;
    scanner = formats::open_json(source, 1, cancellation, nullptr);
  } else {
    return;
  }
  size_t rows = 0;
  try {
    size_t bad = bad_rows(*scanner, rows);
    ASSERT_LE(bad, found.exceptions_in_all);
    // A row that is broken where no column is may be a good one to those who read just the columns.
    ASSERT_LE(rows, found.rows + found.exceptions_in_all);
    ASSERT_GE(rows + found.exceptions_in_all, found.rows);
  } catch (const Failure& failure) {
    ASSERT_NE(found.exceptions_in_all, 0u) << failure.what();
  }
}

}  // namespace

void run(std::string_view input) {
  Options options(input);
  crawl::Options how;
  how.given.whole = true;
  size_t header = options.below(3);
  if (header != 0) how.given.header = header == 1;
  if (input.starts_with('\n')) input.remove_prefix(1);
  MemoryFile file(input);
  how.path = file.path();
  Cancellation cancellation;
  crawl::Crawled crawled = crawl::crawl(how, cancellation);
  ASSERT_EQ(crawled.files, 1u);
  ASSERT_EQ(crawled.sources.size() + crawled.others.size(), 1u);
  for (const crawl::FoundSource& found : crawled.sources) {
    crawl::source_entry(found.source, found.source.path);
    expect_read(found);
  }
}

}  // namespace segue::fuzz

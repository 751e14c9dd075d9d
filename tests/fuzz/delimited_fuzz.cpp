// Delimited text: delimiter, quote, encoding, header, three sizes of pieces, number of columns, their types; a line's
// end; then the file.
#include "formats/packing.h"
#include "fuzz/delimited.h"

void segue::fuzz::run(std::string_view input) {
  Options options(input);
  formats::DelimitedSource source = delimited_source(options);
  if (input.starts_with('\n')) input.remove_prefix(1);
  if (formats::packing_of(input) != formats::Packing::kNone) return;  // no text
  MemoryFile file(input);
  source.files = {file.path()};
  expect_slow_rows(source, std::string(input));
}

#include "crawl/look.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/ascii.h"
#include "base/error.h"
#include "base/limits.h"
#include "base/utf8.h"
#include "crawl/look_rows.h"
#include "formats/byte_source.h"
#include "formats/line_reader.h"
#include "formats/parquet.h"

namespace segue::crawl {
namespace {

using definition::FormatType;

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

struct Magic {
  std::string_view bytes;
  std::string_view what;
  std::string_view hint;
};
constexpr std::string_view kUnpack = "unpack it first";
constexpr Magic kMagics[] = {
    {"BZh", "compressed with bzip2", kUnpack},
    {"\xFD"
     "7zXZ",
     "compressed with xz", kUnpack},
    {"\x28\xB5\x2F\xFD", "compressed with zstd", kUnpack},
    {"\x04\x22\x4D\x18", "compressed with lz4", kUnpack},
    {"7z\xBC\xAF", "a 7z archive", kUnpack},
    {"ORC", "an ORC file", "convert it to Parquet"},
    {"Obj\x01", "an Avro file", "convert it to Parquet"},
    {"ARROW1", "an Arrow file", "convert it to Parquet"},
    {"SQLite format 3", "a SQLite database", "export its tables"},
    {"%PDF", "a PDF", ""},
    {"\x89PNG", "a picture", ""},
    {"\xFF\xD8\xFF", "a picture", ""},
    {"GIF8", "a picture", ""},
    {"\x7F"
     "ELF",
     "a program", ""},
    {"\xFF\xFE", "text in UTF-16", "iconv -f UTF-16 -t UTF-8"},
    {"\xFE\xFF", "text in UTF-16", "iconv -f UTF-16 -t UTF-8"},
};

// Bytes that text does not have, but for stray ones.
bool binary(std::string_view head) {
  size_t nuls = 0, controls = 0;
  for (char c : head) {
    auto byte = static_cast<uint8_t>(c);
    nuls += byte == 0;
    controls += byte < 0x20 && c != '\t' && c != '\n' && c != '\r' && c != '\f' && c != '\x01' && byte < 0x1E;
  }
  return nuls * 200 > head.size() || controls * 20 > head.size();
}

// The name says that there are rows and columns in it, however few.
bool table_name(std::string_view path) {
  std::string name = ascii::lower(path.substr(path.rfind('/') + 1));
  if (name.ends_with(".gz")) name.resize(name.size() - 3);
  return std::ranges::any_of(std::initializer_list<std::string_view>{".csv", ".tsv", ".tab", ".psv", ".dat", ".data"},
                             [&](std::string_view extension) { return name.ends_with(extension); });
}

}  // namespace

void BadLines::add(uint64_t line, std::string reason) {
  if (count++ < limits::kCrawlFileExceptions) first.push_back({line, std::move(reason)});
}

class Looker::Reading {
 public:
  explicit Reading(const Cancellation& cancellation) : cancellation_(cancellation), rows_(cancellation) {}

  void read(Look& look, uint32_t number, const Given& given) {
    formats::InputFile file = formats::inspect_file(look.path, &cancellation_);
    look.bytes = file.size;
    look.gzip = file.packed();
    if (file.archive()) {
      look.reason = "it is an archive";
      look.hint = "crawl one of its members by itself, then declare the archive with `member`";
      return;
    }
    std::string_view head = read_head(file);
    if (given.type == FormatType::kParquet || (!given.type && head.starts_with("PAR1"))) {
      look.type = FormatType::kParquet;
      look.format_why = "it begins and ends with PAR1";
      return read_parquet(look, number, given);
    }
    for (const Magic& magic : kMagics) {
      if (!head.starts_with(magic.bytes)) continue;
      look.reason = fmt::format("it is {}", magic.what);
      look.hint = magic.hint;
      return;
    }
    look.byte_order_mark = head.starts_with(kByteOrderMark);
    if (look.byte_order_mark) head.remove_prefix(kByteOrderMark.size());
    if (head.find_first_not_of(" \t\r\n") == std::string_view::npos && head.size() < limits::kCrawlDialectBytes) {
      look.state = Look::State::kEmpty;
      look.reason = head.empty() ? "it is empty" : "it holds only blanks";
      return;
    }
    if (binary(head)) {
      look.reason = "its bytes are no text";
      return;
    }
    look.ends_with_line = head.ends_with('\n');
    bool cut_off = head.size() + kByteOrderMark.size() >= limits::kCrawlDialectBytes;
    choose(look, file, number, given, head, cut_off);
  }

 private:
  std::string_view read_head(const formats::InputFile& file) {
    head_.resize(limits::kCrawlDialectBytes);
    auto bytes = formats::open_bytes(file);
    size_t filled = 0;
    for (size_t got; filled < head_.size(); filled += got) {
      got = bytes->read(head_.data() + filled, head_.size() - filled, file.size);
      if (got == 0) break;
    }
    return {head_.data(), filled};
  }

  void choose(Look& look, const formats::InputFile& file, uint32_t number, const Given& given, std::string_view head,
              bool cut_off) {
    char first = head[head.find_first_not_of(" \t\r\n")];
    bool json = given.type ? *given.type != FormatType::kDelimited : first == '{' || first == '[';
    if (json) {
      JsonForm form = json_form(head, cut_off);
      if (given.type) form.type = *given.type;
      Look tried;
      tried.path = look.path;
      tried.bytes = look.bytes;
      tried.gzip = look.gzip;
      tried.byte_order_mark = look.byte_order_mark;
      tried.ends_with_line = look.ends_with_line;
      tried.type = form.type;
      tried.format_why = form.why;
      tried.one_object = form.one_object;
      tried.reason = form.problem;
      tried.hint = form.hint;
      if (form.problem.empty()) rows_.json(tried, file, formats::open_bytes(file), number, given);
      if (tried.state == Look::State::kRows || given.type || first == '{') {
        look = std::move(tried);
        return;
      }
      look.hint = tried.reason;  // what follows may know better
    }
    std::string json_problem = std::exchange(look.hint, "");
    look.type = FormatType::kDelimited;
    std::string why_not;
    std::optional<Cut> cut = find_dialect(head, given, table_name(look.path), why_not);
    if (!cut) {
      look.reason = json_problem.empty() ? why_not : json_problem;
      return;
    }
    look.cut = std::move(*cut);
    look.format_why = look.cut.why;
    rows_.delimited(look, file, formats::open_bytes(file), number, given);
  }

  void read_parquet(Look& look, uint32_t number, const Given& given) {
    std::vector<formats::ParquetField> fields = formats::parquet_fields(look.path, look.rows, cancellation_);
    for (const formats::ParquetField& field : fields) {
      if (!field.problem.empty()) {
        look.bad.add(0, fmt::format("column {}: {}", field.field.name, field.problem));
        continue;
      }
      Evidence* column = look.root.key(field.field.name);
      if (column == nullptr) break;  // too many, which the root knows
      column->see_type(field.field.type, {number, 0});
      auto declared = std::ranges::find(given.columns, field.field.name, &Field::name);
      if (declared != given.columns.end() && !formats::parquet_fits(field.field.type, declared->type))
        column->see_misfit(fmt::format("it is {} in the file", type_text(field.field.type)), {number, 0});
    }
    look.state = Look::State::kRows;
  }

  std::string head_;
  const Cancellation& cancellation_;
  RowReader rows_;
};

Looker::Looker(const Cancellation& cancellation) : reading_(std::make_unique<Reading>(cancellation)) {}
Looker::~Looker() = default;

Look Looker::look(const std::string& path, uint32_t number, const Given& given) {
  Look look;
  look.path = path;
  try {
    reading_->read(look, number, given);
  } catch (const Failure& failure) {
    const Error& error = failure.error();
    // An archive made to fill disks, and the like, are the file's matter too.
    bool of_file = error.code == ErrorCode::kIo || error.code == ErrorCode::kData ||
                   (error.code == ErrorCode::kLimit && error.place.known());
    if (!of_file) throw;
    look.state = Look::State::kUnreadable;
    look.reason = error.message;
    look.hint = error.hint;
  }
  return look;
}

}  // namespace segue::crawl

#include "cli/crawl_report.h"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/utf8.h"
#include "cli/terminal/quantity.h"
#include "cli/terminal/table.h"
#include "cli/terminal/text.h"
#include "crawl/evidence.h"
#include "crawl/yaml_text.h"

namespace segue::cli {
namespace {

using crawl::Change;

constexpr size_t kShownVotes = 3;
constexpr size_t kShownOthers = 20;

std::string place_text(const std::string& file, uint64_t line, const ShownPath& shown) {
  return line == 0 ? shown(file) : fmt::format("{}:{}", shown(file), line);
}

// "5,930 bigint, 12 text: `abc` in users.csv:17"; who voted against the most has an example.
std::string votes_text(const crawl::FoundColumn& column, const ShownPath& shown) {
  std::string text;
  for (size_t i = 0; i < column.votes.size() && i < kShownVotes; ++i) {
    const crawl::FoundVote& vote = column.votes[i];
    text += fmt::format("{}{} {}", i == 0 ? "" : ", ", count_text(vote.count), vote.what);
    if (i != 0) text += fmt::format(": `{}` in {}", printable(vote.example), place_text(vote.file, vote.line, shown));
  }
  if (column.votes.size() > kShownVotes) text += fmt::format(", and {} kinds more", column.votes.size() - kShownVotes);
  if (column.nulls != 0) text += fmt::format("{}{} NULL", text.empty() ? "" : ", ", count_text(column.nulls));
  if (!column.note.empty()) text += fmt::format("{}{}", text.empty() ? "" : "; ", column.note);
  return text;
}

std::string_view kind_text(Change::Kind kind) {
  switch (kind) {
    case Change::Kind::kType: return "type";
    case Change::Kind::kColumns: return "columns";
    case Change::Kind::kFormat: return "format";
    case Change::Kind::kNew: return "new";
    case Change::Kind::kUnseen: return "unseen";
  }
  return "";
}

std::string exceptions_text(const std::vector<crawl::Exception>& exceptions, uint64_t in_all, const ShownPath& shown,
                            const Look& look, size_t most) {
  std::string text;
  for (size_t i = 0; i < exceptions.size() && i < most; ++i) {
    const crawl::Exception& each = exceptions[i];
    text += fmt::format("    {}  {}{}\n", paint(look, Tone::kYellow, place_text(each.file, each.line, shown)),
                        printable(each.reason), each.hint.empty() ? "" : fmt::format("; {}", each.hint));
  }
  size_t told = std::min(exceptions.size(), most);
  if (in_all > told) text += fmt::format("    … and {} more\n", count_text(in_all - told));
  return text;
}

}  // namespace

std::string explain(const crawl::FoundSource& found, const ShownPath& shown, const Look& look) {
  std::string text = fmt::format(
      "{}  {}, {}, {}{}\n", paint(look, Tone::kBold, found.source.name), count_text(found.files.size(), "file"),
      bytes_text(found.bytes), count_text(found.rows, "row"), found.whole ? "" : " looked at, not all that there are");
  text += fmt::format("  {}\n", printable(shown(found.source.path)));
  Table table;
  table.headings = {
      {"  column", "", Align::kLeft, true}, {"type", "", Align::kLeft, false}, {"values", "", Align::kLeft, false}};
  for (const crawl::FoundColumn& column : found.columns) {
    table.rows.push_back({{"  " + printable(column.field.name)},
                          {printable(crawl::type_text(column.field.type)), Tone::kCyan},
                          {votes_text(column, shown)}});
  }
  text += draw(table, look, Frame::kOpen);
  for (const crawl::Reason& reason : found.reasons)
    text +=
        fmt::format("  {} {}\n", paint(look, Tone::kDim, fmt::format("{:<10}", reason.about)), printable(reason.text));
  for (const crawl::Partition& partition : found.partitions) {
    text += fmt::format("  {} {} is {}: {}, as in `{}`\n", paint(look, Tone::kDim, fmt::format("{:<10}", "partition")),
                        printable(partition.field.name), crawl::type_text(partition.field.type),
                        count_text(partition.values, "value"), printable(partition.example));
  }
  if (!found.empty_files.empty())
    text += fmt::format("  {} {}, which the path takes too\n", paint(look, Tone::kDim, fmt::format("{:<10}", "empty")),
                        count_text(found.empty_files.size(), "file"));
  if (found.exceptions_in_all != 0) {
    text += fmt::format(
        "  {}\n", paint(look, Tone::kYellow, fmt::format("{}:", count_text(found.exceptions_in_all, "exception"))));
    text += exceptions_text(found.exceptions, found.exceptions_in_all, shown, look, found.exceptions.size());
  }
  return text;
}

std::string explain(const std::vector<crawl::Exception>& others, const ShownPath& shown, const Look& look) {
  if (others.empty()) return "";
  return fmt::format("{}\n{}",
                     paint(look, Tone::kBold, fmt::format("of no source: {}", count_text(others.size(), "file"))),
                     exceptions_text(others, others.size(), shown, look, kShownOthers));
}

std::string explain(const std::vector<crawl::Change>& changes, const ShownPath& shown, const Look& look) {
  std::string text;
  for (const Change& change : changes) {
    std::string column = printable(change.column);
    switch (change.kind) {
      case Change::Kind::kType:
        text += fmt::format(
            "  {}  ({}: {})\n",
            paint(look, Tone::kRed,
                  fmt::format("~ {}: {} -> {}", column, crawl::type_text(change.from), crawl::type_text(change.to))),
            place_text(change.file, change.line, shown), printable(change.reason));
        break;
      case Change::Kind::kColumns:
      case Change::Kind::kFormat:
        text += fmt::format("  {}  ({})\n",
                            paint(look, Tone::kRed,
                                  fmt::format("! {}{}", column.empty() ? "" : column + ": ", printable(change.reason))),
                            place_text(change.file, change.line, shown));
        break;
      case Change::Kind::kNew:
        text +=
            fmt::format("  + {}: {}  (not declared; rows are read without it)\n", column, crawl::type_text(change.to));
        break;
      case Change::Kind::kUnseen: text += fmt::format("    {}: {}\n", column, printable(change.reason)); break;
    }
  }
  return text;
}

nlohmann::ordered_json to_json(const crawl::Exception& exception) {
  nlohmann::ordered_json json{{"file", printable_utf8(exception.file)}};
  if (exception.line != 0) json["line"] = exception.line;
  json["reason"] = printable_utf8(exception.reason);
  if (!exception.hint.empty()) json["hint"] = exception.hint;
  return json;
}

nlohmann::ordered_json to_json(const crawl::Change& change) {
  nlohmann::ordered_json json{{"change", kind_text(change.kind)}};
  if (!change.column.empty()) json["column"] = change.column;
  if (change.kind == Change::Kind::kType) json["from"] = crawl::type_text(change.from);
  if (change.kind == Change::Kind::kType || change.kind == Change::Kind::kNew) json["to"] = crawl::type_text(change.to);
  json["breaks"] = change.breaks();
  if (!change.reason.empty()) json["reason"] = printable_utf8(change.reason);
  if (change.breaks()) json["file"] = printable_utf8(change.file);
  if (change.line != 0) json["line"] = change.line;
  return json;
}

nlohmann::ordered_json to_json(const crawl::FoundSource& found, const ShownPath& shown) {
  const definition::Source& source = found.source;
  nlohmann::ordered_json format;
  switch (source.format.type) {
    case definition::FormatType::kDelimited: format["type"] = "delimited"; break;
    case definition::FormatType::kJsonLines: format["type"] = "json_lines"; break;
    case definition::FormatType::kJson: format["type"] = "json"; break;
    case definition::FormatType::kParquet: format["type"] = "parquet"; break;
  }
  if (source.format.type == definition::FormatType::kDelimited) {
    format["delimiter"] = source.format.delimiter;
    format["quote"] = source.format.quote ? std::string(1, *source.format.quote) : "none";
    format["encoding"] = source.format.encoding == definition::Encoding::kLatin1 ? "latin1" : "utf-8";
    format["header"] = source.format.header;
    format["null"] = source.format.nulls;
  }
  auto columns = nlohmann::ordered_json::array();
  for (const crawl::FoundColumn& column : found.columns) {
    auto votes = nlohmann::ordered_json::array();
    for (const crawl::FoundVote& vote : column.votes) {
      votes.push_back({{"kind", vote.what},
                       {"values", vote.count},
                       {"first", printable_utf8(vote.example)},
                       {"file", printable_utf8(vote.file)}});
      if (vote.line != 0) votes.back()["line"] = vote.line;
    }
    nlohmann::ordered_json json{{"name", column.field.name},
                                {"type", crawl::type_text(column.field.type)},
                                {"nulls", column.nulls},
                                {"votes", std::move(votes)}};
    if (!column.note.empty()) json["note"] = column.note;
    columns.push_back(std::move(json));
  }
  auto partitions = nlohmann::ordered_json::array();
  for (const crawl::Partition& partition : found.partitions)
    partitions.push_back({{"name", printable_utf8(partition.field.name)},
                          {"type", crawl::type_text(partition.field.type)},
                          {"values", partition.values}});
  auto reasons = nlohmann::ordered_json::array();
  for (const crawl::Reason& reason : found.reasons)
    reasons.push_back({{"about", reason.about}, {"reason", printable_utf8(reason.text)}});
  auto exceptions = nlohmann::ordered_json::array();
  for (const crawl::Exception& exception : found.exceptions) exceptions.push_back(to_json(exception));
  return {{"name", source.name},
          {"path", printable_utf8(source.path)},
          {"files", found.files.size()},
          {"empty_files", found.empty_files.size()},
          {"bytes", found.bytes},
          {"rows", found.rows},
          {"whole", found.whole},
          {"format", std::move(format)},
          {"columns", std::move(columns)},
          {"partitions", std::move(partitions)},
          {"reasons", std::move(reasons)},
          {"exceptions", std::move(exceptions)},
          {"exceptions_in_all", found.exceptions_in_all},
          {"yaml", printable_utf8(crawl::source_entry(source, shown(source.path)))}};
}

}  // namespace segue::cli

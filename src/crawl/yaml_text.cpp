#include "crawl/yaml_text.h"

#include <algorithm>
#include <cctype>

#include <fmt/format.h>

#include "base/ascii.h"
#include "base/utf8.h"
#include "crawl/evidence.h"

namespace segue::crawl {
namespace {

// Words that are something else than texts in YAML, or in some reader of it.
bool other_than_text(std::string_view text) {
  std::string word = ascii::lower(text);
  for (std::string_view each : {"null", "true", "false", "yes", "no", "on", "off", "y", "n"})
    if (word == each) return true;
  return false;
}

bool plain(std::string_view text) {
  auto word = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; };
  if (text.empty() || !(std::isalpha(static_cast<unsigned char>(text.front())) != 0 || text.front() == '_'))
    return false;
  return std::ranges::all_of(text, word) && !other_than_text(text);
}

// Paths need no quotes where nothing in them means something.
bool plain_path(std::string_view text) {
  auto fine = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 ||
           std::string_view("_-./*=$").find(c) != std::string_view::npos;
  };
  if (text.empty() || !(std::isalpha(static_cast<unsigned char>(text.front())) != 0 || text.front() == '/' ||
                        text.starts_with("./") || text.starts_with("../")))
    return false;
  return std::ranges::all_of(text, fine) && text.find_first_of("/.") != std::string_view::npos;
}

std::string in_quotes(std::string_view text) {
  std::string result = "\"";
  for (size_t at = 0; at < text.size();) {
    char c = text[at];
    auto byte = static_cast<uint8_t>(c);
    if (c == '"' || c == '\\') {
      result += '\\';
      result += c;
    } else if (c == '\t') {
      result += "\\t";
    } else if (byte < 0x20 || byte == 0x7F) {
      result += fmt::format("\\x{:02x}", byte);
    } else if (byte >= 0x80) {
      size_t length = std::max<size_t>(utf8_length(text, at), 1);
      // Controls of Unicode, line ends among them, are written as escapes.
      uint32_t code = length == 2 ? (byte & 0x1Fu) << 6 | (static_cast<uint8_t>(text[at + 1]) & 0x3Fu) : 0;
      if (length == 2 && code < 0xA1) {
        result += fmt::format("\\u{:04x}", code);
      } else if (text.substr(at, 3) == "\xE2\x80\xA8" || text.substr(at, 3) == "\xE2\x80\xA9") {
        result += text[at + 2] == '\xA8' ? "\\u2028" : "\\u2029";
      } else if (text.substr(at, 3) == "\xEF\xBB\xBF") {
        result += "\\ufeff";
      } else {
        result += text.substr(at, length);
      }
      at += length;
      continue;
    } else {
      result += c;
    }
    ++at;
  }
  return result + "\"";
}

std::string doubled_dollars(std::string_view text) {
  std::string result;
  for (char c : text) result += c == '$' ? "$$" : std::string(1, c);
  return result;
}

std::string format_text(const definition::Format& format) {
  using definition::FormatType;
  switch (format.type) {
    case FormatType::kJsonLines: return "{type: json_lines}";
    case FormatType::kJson: return "{type: json}";
    case FormatType::kParquet: return "{type: parquet}";
    case FormatType::kDelimited: break;
  }
  std::string text =
      fmt::format("{{type: delimited, delimiter: {}, quote: {}", in_quotes(doubled_dollars(format.delimiter)),
                  format.quote ? *format.quote == '"' ? "'\"'" : "\"'\"" : "none");
  if (format.encoding == definition::Encoding::kLatin1) text += ", encoding: latin1";
  if (format.header) text += ", header: true";
  if (!format.nulls.empty()) {
    text += ", null: [";
    for (const std::string& null : format.nulls)
      text += fmt::format("{}{}", &null == &format.nulls.front() ? "" : ", ", in_quotes(doubled_dollars(null)));
    text += "]";
  }
  return text + "}";
}

}  // namespace

std::string yaml_scalar(std::string_view text) { return plain(text) ? std::string(text) : in_quotes(text); }

std::string yaml_value(std::string_view text) { return yaml_scalar(doubled_dollars(text)); }

std::string source_entry(const definition::Source& source, std::string_view path, size_t indent, size_t step) {
  std::string outer(indent, ' '), inner(indent + step, ' '), column(indent + 2 * step, ' ');
  std::string value = doubled_dollars(path);
  std::string text = fmt::format("{}{}:\n{}path: {}\n{}format: {}\n", outer, source.name, inner,
                                 plain_path(value) ? value : in_quotes(value), inner, format_text(source.format));
  text += fmt::format("{}columns:\n", inner);
  for (const Field& field : source.columns)
    text += fmt::format("{}{}: {}\n", column, yaml_scalar(field.name), yaml_value(type_text(field.type)));
  return text;
}

}  // namespace segue::crawl

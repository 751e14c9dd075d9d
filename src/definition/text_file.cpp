#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <system_error>
#include <vector>

#include <fmt/format.h>

#include "base/limits.h"
#include "base/utf8.h"
#include "definition/yaml.h"

namespace segue::definition {
namespace {

bool allowed_control(const std::string& text, size_t offset) {
  return text[offset] == '\n' || text[offset] == '\t' ||
         (text[offset] == '\r' && offset + 1 < text.size() && text[offset + 1] == '\n');
}

}  // namespace

TextFilePtr read_text_file(const std::string& path, const std::string& name, std::vector<Error>& mistakes) {
  auto refuse = [&](ErrorCode code, std::string message, Place place, std::string hint) -> TextFilePtr {
    mistakes.push_back({code, std::move(message), std::move(place), std::move(hint)});
    return nullptr;
  };
  std::error_code problem;
  std::filesystem::file_status status = std::filesystem::status(path, problem);
  if (status.type() == std::filesystem::file_type::not_found) {
    return refuse(ErrorCode::kDefinition, fmt::format("there is no file `{}`", name), {}, "");
  }
  if (problem) return refuse(ErrorCode::kIo, fmt::format("`{}` cannot be read: {}", name, problem.message()), {}, "");
  if (status.type() != std::filesystem::file_type::regular) {
    return refuse(ErrorCode::kDefinition,
                  fmt::format("`{}` is {}, not a file", name,
                              status.type() == std::filesystem::file_type::directory ? "a folder" : "a device"),
                  {}, "");
  }
  errno = 0;
  std::ifstream stream(path, std::ios::binary);
  std::string text;
  if (stream) {
    // One byte more than it should have, so that its end is seen.
    uintmax_t bytes = std::filesystem::file_size(path, problem);
    text.resize((problem ? limits::kDefinitionBytes : std::min<uintmax_t>(bytes, limits::kDefinitionBytes)) + 1);
    stream.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<size_t>(stream.gcount()));
  }
  if (!stream.eof() && text.size() <= limits::kDefinitionBytes) {
    return refuse(ErrorCode::kIo, fmt::format("`{}` cannot be read: {}", name, std::strerror(errno == 0 ? EIO : errno)),
                  {}, "");
  }
  if (text.size() > limits::kDefinitionBytes) {
    return refuse(ErrorCode::kLimit, fmt::format("`{}` is larger than {} MiB", name, limits::kDefinitionBytes >> 20),
                  {}, "definitions are small; is this a file of data?");
  }
  if (text.starts_with("\xEF\xBB\xBF")) text.erase(0, 3);
  size_t invalid = invalid_utf8(text);
  auto file = std::make_shared<const TextFile>(name, std::move(text));
  if (invalid != std::string::npos) {
    return refuse(ErrorCode::kDefinition, "this byte is not UTF-8", file->place(invalid, 1), "save the file as UTF-8");
  }
  const std::string& bytes = file->text();
  for (size_t i = 0; i < bytes.size(); ++i) {
    auto byte = static_cast<unsigned char>(bytes[i]);
    if ((byte >= 0x20 && byte != 0x7F) || allowed_control(bytes, i)) continue;
    return refuse(ErrorCode::kDefinition,
                  fmt::format("a control character (byte {:#04x}) cannot stand in a definition", byte),
                  file->place(i, 1), "remove it; in double quotes it is written as an escape such as \"\\x01\"");
  }
  return file;
}

}  // namespace segue::definition

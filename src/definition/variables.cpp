#include "definition/variables.h"

#include <cstdlib>

#include <fmt/format.h>

#include "base/suggestion.h"
#include "base/utf8.h"

namespace segue::definition {
namespace {

bool begins_name(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool continues_name(char c) { return begins_name(c) || (c >= '0' && c <= '9'); }

std::string_view name_at(std::string_view text, size_t begin) {
  size_t end = begin;
  if (end < text.size() && begins_name(text[end])) {
    while (end < text.size() && continues_name(text[end])) ++end;
  }
  return text.substr(begin, end - begin);
}

}  // namespace

Filled Variables::fill(const LocatedText& located, const Spot& place, Mistakes& mistakes) const {
  std::string_view text = located.text();
  Filled filled{{}, place, true};
  auto mistake = [&](size_t offset, size_t length, std::string message, std::string hint) {
    mistakes.add(std::move(message), located.place(offset, length), std::move(hint));
    filled.known = false;
  };
  for (size_t i = 0; i < text.size();) {
    if (text[i] != '$') {
      size_t next = std::min(text.find('$', i), text.size());
      filled.text += text.substr(i, next - i);
      i = next;
      continue;
    }
    if (text.substr(i).starts_with("$$")) {
      filled.text += '$';
      i += 2;
      continue;
    }
    if (text.substr(i).starts_with("${")) {
      std::string_view name = name_at(text, i + 2);
      size_t end = i + 2 + name.size();
      if (name.empty() || end >= text.size() || text[end] != '}') {
        mistake(i, end - i, "`${` is not followed by a name and `}`",
                "`${NAME}` is an environment variable, `$$` is a dollar sign");
        i = end;
        continue;
      }
      ++end;
      std::string_view written = text.substr(i, end - i);
      const char* value = std::getenv(std::string(name).c_str());
      if (value != nullptr && invalid_utf8(value) != std::string_view::npos) {
        mistake(i, end - i, fmt::format("the environment variable `{}` is not UTF-8", name),
                "set it to a text in UTF-8");
      } else if (value != nullptr) {
        filled.text += value;
      } else if (without_values_) {
        filled.text += written;
        filled.known = false;
      } else {
        auto param = params_.find(name);
        mistake(i, end - i, fmt::format("the environment variable `{}` is not set", name),
                param == params_.end() ? fmt::format("set it before the program starts: export {}=…", name)
                                       : fmt::format("the parameter is written `${}`", name));
      }
      i = end;
      continue;
    }
    std::string_view name = name_at(text, i + 1);
    if (name.empty()) {
      mistake(i, 1, "`$` is not followed by a name",
              "`$name` is a parameter, `${NAME}` an environment variable, `$$` a dollar sign");
      ++i;
      continue;
    }
    auto param = params_.find(name);
    if (!params_allowed_) {
      mistake(i, name.size() + 1, fmt::format("`${}`: there are no parameters here", name),
              fmt::format("`${{{}}}` is an environment variable, `$$` a dollar sign", name));
    } else if (param == params_.end()) {
      std::vector<std::string_view> names;
      for (const auto& [each, ignored] : params_) names.push_back(each);
      mistake(i, name.size() + 1, fmt::format("there is no parameter `{}`", name),
              names.empty() ? fmt::format("declare it: params: {{{}: {{type: …, default: …}}}}", name)
                            : suggest(name, names, "parameters"));
    } else if (!param->second.known) {
      filled.text += text.substr(i, name.size() + 1);
      filled.known = false;
    } else {
      filled.text += param->second.text;
    }
    i += name.size() + 1;
  }
  return filled;
}

}  // namespace segue::definition

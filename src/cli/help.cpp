#include "cli/help.h"

#include <algorithm>

#include <fmt/format.h>

#include "cli/terminal/text.h"

namespace segue::cli {
namespace {

constexpr size_t kWidth = 100;
constexpr size_t kIndent = 2;

// Breaks text at blanks; lines after the first begin with `indent` blanks.
std::string wrap(const std::string& text, size_t indent, size_t bound) {
  std::string out;
  size_t used = indent;
  size_t at = 0;
  while (at < text.size()) {
    if (text[at] == '\n') {
      out += "\n" + std::string(indent, ' ');
      used = indent;
      ++at;
      continue;
    }
    size_t end = std::min(text.find_first_of(" \n", at), text.size());
    std::string word = text.substr(at, end - at);
    if (used > indent && used + 1 + width(word) > bound) {
      out += "\n" + std::string(indent, ' ');
      used = indent;
    } else if (used > indent) {
      out += " ";
      ++used;
    }
    out += word;
    used += width(word);
    at = end < text.size() && text[end] == ' ' ? end + 1 : end;
  }
  return out;
}

// Two columns; a left part that is too long has its right part on the next line.
std::string two_columns(const std::vector<std::pair<std::string, std::string>>& rows, size_t most_left = 30) {
  size_t left = 0;
  for (const auto& row : rows)
    if (width(row.first) <= most_left) left = std::max(left, width(row.first));
  size_t indent = kIndent + left + 2;
  std::string out;
  for (const auto& [name, meaning] : rows) {
    out += std::string(kIndent, ' ') + name;
    if (meaning.empty()) {
      out += "\n";
      continue;
    }
    out += width(name) > left ? "\n" + std::string(indent, ' ') : std::string(left - width(name) + 2, ' ');
    out += wrap(meaning, indent, kWidth) + "\n";
  }
  return out;
}

}  // namespace

// CLI11 adds what a validator allows, after a colon; the description says that.
std::string value_name(const CLI::Option* option) {
  std::string name = option->get_type_name();
  return name.substr(0, name.find(':'));
}

namespace {

std::string option_name(const CLI::Option* option) {
  std::string name = option->get_name(false, true);
  std::replace(name.begin(), name.end(), ',', ' ');
  for (size_t at = 0; (at = name.find(" -", at)) != std::string::npos; at += 2) name.replace(at, 1, ", ");
  std::string value = value_name(option);
  return option->get_items_expected_max() > 0 && !value.empty() ? name + " " + value : name;
}

std::string usage_line(const CLI::App* command) {
  std::string line = "Usage: " + command_path(command);
  for (const CLI::Option* option : command->get_options()) {
    if (!option->get_positional()) continue;
    std::string name = value_name(option);
    bool many = option->get_items_expected_max() > 1;
    line += option->get_required() ? fmt::format(" {}{}", name, many ? "…" : "")
                                   : fmt::format(" [{}{}]", name, many ? "…" : "");
  }
  bool subcommands = !command->get_subcommands([](const CLI::App*) { return true; }).empty();
  if (subcommands) line += command->get_parent() == nullptr ? " COMMAND" : " [COMMAND]";
  return line + " [options]\n";
}

using Rows = std::vector<std::pair<std::string, std::string>>;

Rows positional_rows(const CLI::App* command) {
  Rows rows;
  for (const CLI::Option* option : command->get_options())
    if (option->get_positional()) rows.emplace_back(value_name(option), option->get_description());
  return rows;
}

Rows option_rows(const CLI::App* command) {
  Rows rows;
  for (const CLI::Option* option : command->get_options())
    if (!option->get_positional() && !option->get_group().empty() && option->get_name() != "--help")
      rows.emplace_back(option_name(option), option->get_description());
  return rows;
}

Rows command_rows(const CLI::App* command) {
  Rows rows;
  for (const CLI::App* sub : command->get_subcommands([](const CLI::App* sub) { return !sub->get_group().empty(); }))
    rows.emplace_back(sub->get_name(), sub->get_description());
  return rows;
}

void add_section(std::string& out, const char* title, const Rows& rows) {
  if (!rows.empty()) out += fmt::format("\n{}:\n{}", title, two_columns(rows));
}

}  // namespace

std::string command_path(const CLI::App* command) {
  std::string path = command->get_name();
  for (const CLI::App* parent = command->get_parent(); parent != nullptr; parent = parent->get_parent())
    path = parent->get_name() + " " + path;
  return path;
}

std::string help_text(const Commands& commands, const CLI::App* command) {
  const CLI::App* program = &commands.program();
  const Help* help = commands.help(command);
  std::string out = (help != nullptr ? help->summary : command->get_description()) + "\n\n" + usage_line(command);
  if (help != nullptr && !help->text.empty()) out += "\n" + wrap(help->text, 0, kWidth) + "\n";
  if (help != nullptr && !help->examples.empty()) {
    Rows rows;
    for (const Example& example : help->examples) rows.emplace_back(example.command, example.meaning);
    out += "\nExamples:\n" + two_columns(rows, 52);
  }
  add_section(out, "Arguments", positional_rows(command));
  add_section(out, "Commands", command_rows(command));
  add_section(out, "Options", option_rows(command));
  if (command != program) add_section(out, "Everywhere", option_rows(program));
  if (command == program) out += "\n`segue COMMAND --help` explains a command.\n";
  return out;
}

}  // namespace segue::cli

#include "cli/completion_script.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cli/help.h"

namespace segue::cli {
namespace {

// What may stand at a place: fixed words, names that segue knows (`segue __names …`), files, or anything.
struct Values {
  std::string words;
  std::string names;
  bool files = false;
  bool begun = false;  // more follows at once: `gap=`
  bool any() const { return !words.empty() || !names.empty() || files; }
};

// The type name of an option says what its value is.
Values values_of(const std::string& type) {
  if (type == "PIPELINE") return {"", "pipelines"};
  if (type == "TABLE") return {"", "tables"};
  if (type == "PROFILE") return {"", "profiles"};
  if (type == "ID") return {"", "runs"};
  if (type == "STEP") return {"", "steps"};
  if (type == "NAME=VALUE") return {"", "params", false, true};
  if (type == "ENGINE") return {"native duckdb", ""};
  if (type == "FORMAT") return {"box csv tsv json markdown parquet chart", ""};
  if (type == "TEMPLATE") return {"lastfm empty", ""};
  if (type == "SHELL") return {"bash zsh fish", ""};
  if (type == "DATASET") return {"lastfm", ""};
  if (type == "HOW") return {"auto one folder file", ""};
  if (type == "WHETHER") return {"auto yes no", ""};
  if (type == "SCHEMA") return {"pipeline project", ""};
  if (type == "FOLDER" || type == "FILE") return {"", "", true};
  return {};
}

struct Option {
  std::vector<std::string> names;  // with their dashes
  bool takes_value = false;
  Values values;
  std::string description;
};

struct Command {
  std::string path;                                           // "segue runs show"
  std::vector<std::pair<std::string, std::string>> commands;  // name, summary
  std::vector<Option> options;                                // the program's too
  Values positional;
};

Option option_of(const CLI::Option* option) {
  Option result;
  for (const std::string& name : option->get_snames()) result.names.push_back("-" + name);
  for (const std::string& name : option->get_lnames()) result.names.push_back("--" + name);
  result.takes_value = option->get_items_expected_max() > 0;
  if (result.takes_value) result.values = values_of(value_name(option));
  result.description = option->get_description();
  return result;
}

void collect(const CLI::App* app, std::vector<Command>& found) {
  Command command;
  command.path = command_path(app);
  for (const CLI::App* level = app; level != nullptr; level = level->get_parent()) {
    for (const CLI::Option* option : level->get_options()) {
      bool help = option->get_name() == "--help" && level != app;
      if (!option->get_positional() && !help) command.options.push_back(option_of(option));
    }
  }
  for (const CLI::Option* option : app->get_options())
    if (option->get_positional()) command.positional = values_of(value_name(option));
  std::vector<const CLI::App*> subs =
      app->get_subcommands([](const CLI::App* sub) { return !sub->get_group().empty(); });
  for (const CLI::App* sub : subs) command.commands.emplace_back(sub->get_name(), sub->get_description());
  found.push_back(std::move(command));
  for (const CLI::App* sub : subs) collect(sub, found);
}

std::string quoted(const std::string& text) {
  std::string out = "'";
  for (char c : text) out += c == '\'' ? "'\\''" : std::string(1, c);
  return out + "'";
}

// The loop that finds out which command a line is in; the same for bash and zsh but for how words are counted.
std::string path_cases(const std::vector<Command>& commands, const char* indent) {
  std::string out;
  for (const Command& command : commands)
    for (const auto& [name, summary] : command.commands)
      out += fmt::format("{0}'{1} {2}') place='{1} {2}' ;;\n", indent, command.path, name);
  return out;
}

// What a shell function says that holds the project's folder, and asks segue for names: those of the pipeline that the
// line names, if it names one.
std::string bash_values(const Values& values) {
  if (!values.words.empty()) return fmt::format("COMPREPLY=($(compgen -W '{}' -- \"$cur\"))", values.words);
  if (!values.names.empty())
    return fmt::format(
        "COMPREPLY=($(compgen -W \"$(segue \"${{project[@]}}\" __names {} -- \"${{COMP_WORDS[@]:1:COMP_CWORD-1}}\" "
        "2>/dev/null)\" -- \"$cur\")){}",
        values.names, values.begun ? "; compopt -o nospace 2>/dev/null" : "");
  if (values.files) return "compopt -o default";
  return ":";
}

// Cases of "command:option" for options that take a value.
std::string value_cases(const std::vector<Command>& commands, std::string (*values)(const Values&)) {
  std::string out;
  for (const Command& command : commands)
    for (const Option& option : command.options)
      if (option.takes_value)
        for (const std::string& name : option.names)
          out += fmt::format("    '{}:{}') {}; return ;;\n", command.path, name, values(option.values));
  return out;
}

std::string bash(const std::vector<Command>& commands) {
  std::string out = R"(# bash completion of segue
_segue() {
  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} place=segue i
  local -a project=()
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "${COMP_WORDS[i]}" in
      -C | --project) project=(-C "${COMP_WORDS[++i]/#\~/$HOME}"); continue ;;
    esac
    case "$place ${COMP_WORDS[i]}" in
)" + path_cases(commands, "      ") +
                    R"(    esac
  done
  # The value of `--param plays=…`: bash parts words at `=`.
  if [[ $cur == = || $prev == = ]]; then
    [[ $cur == = ]] && cur=
    compopt -o filenames 2>/dev/null
    COMPREPLY=($(compgen -f -- "$cur"))
    return
  fi
  case "$place:$prev" in
)";
  out += value_cases(commands, bash_values);
  out += "  esac\n  case \"$place\" in\n";
  for (const Command& command : commands) {
    std::vector<std::string> options;
    for (const Option& option : command.options)
      options.insert(options.end(), option.names.begin(), option.names.end());
    std::vector<std::string> names;
    for (const auto& [name, summary] : command.commands) names.push_back(name);
    out += fmt::format("    '{}')\n      if [[ $cur == -* ]]; then COMPREPLY=($(compgen -W '{}' -- \"$cur\"))\n",
                       command.path, fmt::join(options, " "));
    if (!names.empty()) {
      out += fmt::format("      else COMPREPLY=($(compgen -W '{}' -- \"$cur\"))\n", fmt::join(names, " "));
    } else if (command.positional.any()) {
      out += fmt::format("      else {}\n", bash_values(command.positional));
    }
    out += "      fi ;;\n";
  }
  return out + "  esac\n}\ncomplete -F _segue segue\n";
}

std::string zsh_values(const Values& values) {
  if (!values.words.empty()) return fmt::format("compadd -- {}", values.words);
  if (!values.names.empty())
    return fmt::format("compadd {}-- ${{(f)\"$(segue $project __names {} -- ${{words[2,CURRENT-1]}} 2>/dev/null)\"}}",
                       values.begun ? "-S '' " : "", values.names);
  if (values.files) return "_files";
  return ":";
}

// name:description, as _describe takes it
std::string zsh_entry(const std::string& name, const std::string& description) {
  std::string escaped;
  for (char c : name) escaped += c == ':' ? "\\:" : std::string(1, c);
  return quoted(escaped + ":" + description);
}

std::string zsh(const std::vector<Command>& commands) {
  std::string out = R"(#compdef segue
_segue() {
  local cur=${words[CURRENT]} prev=${words[CURRENT-1]} place=segue i
  local -a entries project
  for ((i = 2; i < CURRENT; i++)); do
    case "${words[i]}" in
      -C | --project) project=(-C ${~words[++i]}); continue ;;
    esac
    case "$place ${words[i]}" in
)" + path_cases(commands, "      ") +
                    R"(    esac
  done
  case "$place:$prev" in
)";
  out += value_cases(commands, zsh_values);
  out += "  esac\n  case \"$place\" in\n";
  for (const Command& command : commands) {
    out += fmt::format("    '{}')\n      if [[ $cur == -* ]]; then\n        entries=(", command.path);
    for (const Option& option : command.options)
      for (const std::string& name : option.names) out += "\n          " + zsh_entry(name, option.description);
    out += ")\n        _describe option entries\n";
    if (!command.commands.empty()) {
      out += "      else\n        entries=(";
      for (const auto& [name, summary] : command.commands) out += "\n          " + zsh_entry(name, summary);
      out += ")\n        _describe command entries\n";
    } else if (command.positional.any()) {
      out += fmt::format("      else\n        {}\n", zsh_values(command.positional));
    }
    out += "      fi ;;\n";
  }
  return out + "  esac\n}\nif [[ $funcstack[1] == _segue ]]; then _segue \"$@\"; else compdef _segue segue; fi\n";
}

std::string fish_values(const Values& values) {
  if (!values.words.empty()) return fmt::format(" -xa '{}'", values.words);
  if (!values.names.empty()) return fmt::format(" -xa '(__segue_names {})'", values.names);
  return values.files ? " -rF" : " -x";
}

std::string fish(const std::vector<Command>& commands) {
  std::string out = R"(# fish completion of segue
function __segue_names
  set -l words (commandline -opc)
  set -l project
  for i in (seq 2 (count $words))
    if contains -- $words[$i] -C --project; and test $i -lt (count $words)
      set -l next (math $i + 1)
      set project -C (string replace -r '^~' $HOME -- $words[$next])
    end
  end
  segue $project __names $argv -- $words[2..-1] 2>/dev/null
end
function __segue_path
  set -l path segue
  for word in (commandline -opc)[2..-1]
    switch "$path $word"
)";
  for (const Command& command : commands)
    for (const auto& [name, summary] : command.commands)
      out += fmt::format("      case '{0} {1}'\n        set path '{0} {1}'\n", command.path, name);
  out += "    end\n  end\n  test \"$path\" = \"$argv[1]\"\nend\ncomplete -c segue -f\n";
  for (const Command& command : commands) {
    std::string when = fmt::format("complete -c segue -n \"__segue_path '{}'\"", command.path);
    for (const auto& [name, summary] : command.commands)
      out += fmt::format("{} -a {} -d {}\n", when, name, quoted(summary));
    if (command.commands.empty() && command.positional.any()) out += when + fish_values(command.positional) + "\n";
    for (const Option& option : command.options) {
      out += when;
      for (const std::string& name : option.names)
        out += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
      if (option.takes_value) out += fish_values(option.values);
      out += " -d " + quoted(option.description) + "\n";
    }
  }
  return out;
}

}  // namespace

std::string completion_script(const std::string& shell, const Commands& commands) {
  std::vector<Command> found;
  collect(&commands.program(), found);
  if (shell == "zsh") return zsh(found);
  if (shell == "fish") return fish(found);
  return bash(found);
}

}  // namespace segue::cli

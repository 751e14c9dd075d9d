// One line after another from a person at the terminal, with editing, history and completion (libedit).
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace segue::cli {

// What may stand in place of the bytes [begin, cursor) of a line.
struct Completions {
  size_t begin = 0;
  std::vector<std::string> words;
};
// Asked when Tab is pressed; never throws.
using Complete = std::function<Completions(std::string_view line_until_cursor)>;

// One a process: it changes the terminal while it reads. Used from one thread.
class LineEditor {
 public:
  // Reads the history from the file, if it is there. An empty path: nothing is kept.
  LineEditor(std::filesystem::path history_file, Complete complete);
  ~LineEditor();
  LineEditor(const LineEditor&) = delete;
  LineEditor& operator=(const LineEditor&) = delete;

  enum class End { kLine, kInterrupted, kClosed };
  // kLine: `line` is what was typed, without the line end. kInterrupted: Ctrl-C, whatever was typed is dropped. kClosed:
  // Ctrl-D on an empty line, or the terminal is gone.
  End read(const std::string& prompt, std::string& line);

  // Adds what was typed to the history and its file; does nothing where the file cannot be written.
  void remember(const std::string& text);

 private:
  struct Editor;
  std::unique_ptr<Editor> editor_;
};

}  // namespace segue::cli

#include "cli/prompt/line_editor.h"

#include <algorithm>
#include <cstdio>

#include <histedit.h>
#include <sys/stat.h>

#include "base/error.h"
#include "cli/terminal/text.h"

namespace segue::cli {
namespace {

constexpr int kHistoryEntries = 10'000;

// The longest beginning that all words share.
std::string common_beginning(const std::vector<std::string>& words) {
  std::string common = words.front();
  for (const std::string& word : words) {
    auto [end, ignored] = std::mismatch(common.begin(), common.end(), word.begin(), word.end());
    common.erase(end, common.end());
  }
  return common;
}

}  // namespace

struct LineEditor::Editor {
  EditLine* line = nullptr;
  ::History* history = nullptr;
  std::filesystem::path history_file;
  Complete complete;
  std::string prompt;
  bool interrupted = false;

  static Editor& of(EditLine* line) {
    void* data = nullptr;
    el_get(line, EL_CLIENTDATA, &data);
    return *static_cast<Editor*>(data);
  }
  static char* show_prompt(EditLine* line) { return of(line).prompt.data(); }

  static unsigned char interrupt(EditLine* line, int) {
    of(line).interrupted = true;
    return CC_NEWLINE;
  }

  static unsigned char tab(EditLine* line, int) {
    const LineInfo* info = el_line(line);
    std::string_view typed(info->buffer, static_cast<size_t>(info->cursor - info->buffer));
    Completions found = of(line).complete(typed);
    if (found.words.empty()) return CC_REFRESH_BEEP;
    std::string insert = common_beginning(found.words);
    std::string there(typed.substr(found.begin));
    if (found.words.size() == 1 && insert.back() != '.' && insert.back() != '(') insert += ' ';
    if (insert.size() > there.size() || (insert.size() == there.size() && insert != there)) {
      el_deletestr(line, static_cast<int>(code_points(there)));
      el_insertstr(line, insert.c_str());
      return CC_REFRESH;
    }
    show(found.words);
    return CC_REDISPLAY;
  }

  // In columns below the line.
  static void show(const std::vector<std::string>& words) {
    constexpr size_t kShown = 100;
    size_t width = 0;
    for (const std::string& word : words) width = std::max(width, word.size() + 2);
    size_t in_line = std::max<size_t>(1, 100 / width);
    std::string out = "\n";
    for (size_t i = 0; i < std::min(words.size(), kShown); ++i) {
      out += words[i] + std::string(width - words[i].size(), ' ');
      if (i % in_line == in_line - 1) out += '\n';
    }
    if (words.size() > kShown) out += "…";
    if (out.back() != '\n') out += '\n';
    std::fwrite(out.data(), 1, out.size(), stdout);
    std::fflush(stdout);
  }

  static size_t code_points(std::string_view text) {
    return static_cast<size_t>(std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
  }
};

LineEditor::LineEditor(std::filesystem::path history_file, Complete complete) : editor_(std::make_unique<Editor>()) {
  Editor& editor = *editor_;
  editor.history_file = std::move(history_file);
  editor.complete = std::move(complete);
  editor.line = el_init("segue", stdin, stdout, stderr);
  editor.history = history_init();
  if (editor.line == nullptr || editor.history == nullptr)
    fail(ErrorCode::kIo, "this terminal cannot be used for a prompt", "give the SQL as an argument");
  el_set(editor.line, EL_CLIENTDATA, &editor);
  el_set(editor.line, EL_PROMPT, &Editor::show_prompt);
  el_set(editor.line, EL_EDITOR, "emacs");
  // The terminal is put in order again when a signal ends the process; Ctrl-C is a key of the editor.
  el_set(editor.line, EL_SIGNAL, 1);
  el_set(editor.line, EL_SETTY, "-d", "-isig", nullptr);
  HistEvent event;
  ::history(editor.history, &event, H_SETSIZE, kHistoryEntries);
  ::history(editor.history, &event, H_SETUNIQUE, 1);
  if (!editor.history_file.empty()) ::history(editor.history, &event, H_LOAD, editor.history_file.c_str());
  el_set(editor.line, EL_HIST, ::history, editor.history);
  // The names as wide texts: of others libedit makes copies that it never gives back.
  el_wset(editor.line, EL_ADDFN, L"segue-complete", L"Completes a word", &Editor::tab);
  el_wset(editor.line, EL_ADDFN, L"segue-interrupt", L"Drops what was typed", &Editor::interrupt);
  el_set(editor.line, EL_BIND, "^I", "segue-complete", nullptr);
  el_set(editor.line, EL_BIND, "^C", "segue-interrupt", nullptr);
  el_set(editor.line, EL_BIND, "^R", "em-inc-search-prev", nullptr);
  el_source(editor.line, nullptr);  // ~/.editrc
}

LineEditor::~LineEditor() {
  history_end(editor_->history);
  el_end(editor_->line);
}

LineEditor::End LineEditor::read(const std::string& prompt, std::string& line) {
  editor_->prompt = prompt;
  editor_->interrupted = false;
  int length = 0;
  const char* typed = el_gets(editor_->line, &length);
  if (editor_->interrupted) {
    std::fputs("^C\n", stdout);
    std::fflush(stdout);
    return End::kInterrupted;
  }
  if (typed == nullptr || length <= 0) return End::kClosed;
  line.assign(typed, static_cast<size_t>(length));
  while (line.ends_with('\n') || line.ends_with('\r')) line.pop_back();
  return End::kLine;
}

void LineEditor::remember(const std::string& text) {
  HistEvent event;
  ::history(editor_->history, &event, H_ENTER, text.c_str());
  const std::filesystem::path& file = editor_->history_file;
  if (file.empty()) return;
  std::error_code ignored;
  std::filesystem::create_directories(file.parent_path(), ignored);
  mode_t before = umask(0077);  // what people ask is theirs
  ::history(editor_->history, &event, H_SAVE, file.c_str());
  umask(before);
}

}  // namespace segue::cli

// The prompt of `segue sql`, as a person at a terminal has it: through a pseudo-terminal.
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <stdexcept>

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "cli/program.h"
#include "cli/prompt/completion.h"

namespace segue::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

// The program with a terminal of its own.
class Terminal {
 public:
  Terminal(const std::string& program, const std::filesystem::path& folder, const std::filesystem::path& home) {
    master_ = posix_openpt(O_RDWR | O_NOCTTY);
    if (master_ < 0) throw std::runtime_error("no pseudo terminal is to be had: is /dev/pts mounted?");
    grantpt(master_);
    unlockpt(master_);
    std::string name = ptsname(master_);
    winsize size{40, 120, 0, 0};
    ioctl(master_, TIOCSWINSZ, &size);
    process_ = fork();
    if (process_ != 0) return;
    setsid();
    int terminal = open(name.c_str(), O_RDWR);
    ioctl(terminal, TIOCSCTTY, 0);
    for (int fd : {0, 1, 2}) dup2(terminal, fd);
    close(master_);
    if (chdir(folder.c_str()) != 0) _exit(126);
    setenv("HOME", home.c_str(), 1);
    setenv("TERM", "vt100", 1);
    setenv("NO_COLOR", "1", 1);
    unsetenv("XDG_STATE_HOME");
    unsetenv("COLUMNS");
    execl(program.c_str(), "segue", "sql", nullptr);
    _exit(127);
  }
  ~Terminal() {
    if (process_ > 0 && !ended_) {
      kill(process_, SIGKILL);
      waitpid(process_, nullptr, 0);
    }
    close(master_);
  }
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;

  // Once the program takes keys: the prompt is there a moment before it does, and what comes in between is the
  // terminal's own.
  void type(const std::string& keys) {
    for (int i = 0; i < 1000; ++i) {
      termios settings{};
      if (tcgetattr(master_, &settings) == 0 && (settings.c_lflag & ICANON) == 0) break;
      usleep(10'000);
    }
    press(keys);
  }
  // At once.
  void press(const std::string& keys) { ASSERT_EQ(write(master_, keys.data(), keys.size()), ssize_t(keys.size())); }

  // What is shown until the text comes, or for twenty seconds, from where the call before ended.
  std::string until(const std::string& text) {
    auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    for (;;) {
      if (size_t at = seen_.find(text); at != std::string::npos) {
        std::string shown = seen_.substr(0, at + text.size());
        seen_.erase(0, shown.size());
        return shown;
      }
      if (std::chrono::steady_clock::now() > deadline) break;
      pollfd ready{master_, POLLIN, 0};
      if (poll(&ready, 1, 100) <= 0) continue;
      char bytes[4096];
      ssize_t got = read(master_, bytes, sizeof bytes);
      if (got <= 0) break;
      seen_.append(bytes, static_cast<size_t>(got));
    }
    ADD_FAILURE() << "no `" << text << "` in: " << seen_;
    return seen_;
  }

  void signal(int number) const { kill(process_, number); }

  // Its exit code, or 128 + the signal that ended it.
  int wait() {
    for (int i = 0; i < 200; ++i) {
      int status = 0;
      if (waitpid(process_, &status, WNOHANG) == process_) {
        ended_ = true;
        return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
      }
      // What it still writes must be read, or it waits for that.
      pollfd ready{master_, POLLIN, 0};
      char bytes[4096];
      if (poll(&ready, 1, 100) > 0 && read(master_, bytes, sizeof bytes) < 0) usleep(10'000);
    }
    return -1;
  }

 private:
  int master_ = -1;
  std::string seen_;  // and not yet asked for
  pid_t process_ = -1;
  bool ended_ = false;
};

class PromptTest : public testing::Test {
 protected:
  PromptTest() { EXPECT_EQ(project_.segue({"run", "lastfm", "--quiet"}).code, 0); }
  std::string program() const { return SEGUE_PROGRAM; }

  Project project_;
  TemporaryFolder home_;
};

constexpr const char* kEnter = "\r";
constexpr const char* kCtrlC = "\x03";
constexpr const char* kCtrlD = "\x04";
constexpr const char* kUp = "\x1b[A";

TEST_F(PromptTest, RunsStatementsOfSeveralLinesAndEndsWithCtrlD) {
  Terminal terminal(program(), project_.folder(), home_.path());
  terminal.until("segue> ");
  terminal.type(std::string("SELECT 40 + 2") + kEnter);
  terminal.until("... ");
  terminal.type(std::string("AS answer;") + kEnter);
  std::string shown = terminal.until("segue> ");
  EXPECT_THAT(shown, HasSubstr("answer"));
  EXPECT_THAT(shown, HasSubstr("42"));
  terminal.type(std::string("SELECT ';' -- not yet;") + kEnter);
  terminal.until("... ");
  terminal.type(std::string(";") + kEnter);
  terminal.until("segue> ");
  terminal.type(kCtrlD);
  EXPECT_EQ(terminal.wait(), 0);
}

TEST_F(PromptTest, MistakesAndCtrlCEndTheStatementAndNotThePrompt) {
  Terminal terminal(program(), project_.folder(), home_.path());
  terminal.until("segue> ");
  terminal.type(std::string("SELECT nothing FROM lastfm.sessions;") + kEnter);
  EXPECT_THAT(terminal.until("segue> "), HasSubstr("error:"));
  terminal.type(std::string("SELECT half") + kEnter);
  terminal.until("... ");
  terminal.type(std::string("dropped") + kCtrlC);
  terminal.until("segue> ");
  terminal.type(
      std::string("SELECT count(*) FROM range(1000000000000) a, range(1000) b WHERE a.range * b.range = -1;") + kEnter);
  usleep(700'000);
  terminal.press(kCtrlC);  // the terminal makes a SIGINT of it while no line is edited
  EXPECT_THAT(terminal.until("segue> "), HasSubstr("stopped"));
  terminal.type(std::string("SELECT 7 * 6 AS still_here;") + kEnter);
  EXPECT_THAT(terminal.until("segue> "), HasSubstr("42"));
  terminal.type(std::string(".quit") + kEnter);
  EXPECT_EQ(terminal.wait(), 0);
}

TEST_F(PromptTest, TabCompletesTablesColumnsAndKeywords) {
  Terminal terminal(program(), project_.folder(), home_.path());
  terminal.until("segue> ");
  terminal.type("FROM lastfm.top_s\t");
  terminal.until("ongs ");  // the editor draws what is new alone
  terminal.type(std::string("LIM\t1;") + kEnter);
  EXPECT_THAT(terminal.until("segue> "), HasSubstr("artist"));
  terminal.type("FROM lastfm.s\t\t");
  std::string choices = terminal.until("lastfm.songs_per_user");
  EXPECT_THAT(choices, HasSubstr("lastfm.sessions"));
  terminal.type(kCtrlC);
  terminal.until("segue> ");
  terminal.type(std::string(".quit") + kEnter);
  EXPECT_EQ(terminal.wait(), 0);
}

TEST_F(PromptTest, HistoryIsKeptFromOneSessionToTheNext) {
  {
    Terminal terminal(program(), project_.folder(), home_.path());
    terminal.until("segue> ");
    terminal.type(std::string("SELECT 1 AS") + kEnter);
    terminal.until("... ");
    terminal.type(std::string("remembered;") + kEnter);
    terminal.until("1 row");
    terminal.until("segue> ");
    terminal.type(kCtrlD);
    EXPECT_EQ(terminal.wait(), 0);
  }
  Terminal terminal(program(), project_.folder(), home_.path());
  terminal.until("segue> ");
  terminal.type(kUp);
  terminal.until("SELECT 1 AS remembered;");
  terminal.type(kEnter);
  terminal.until("segue> ");
  terminal.type(kCtrlD);
  EXPECT_EQ(terminal.wait(), 0);
  std::filesystem::path history = home_.path() / ".local/state/segue/sql_history";
  ASSERT_TRUE(std::filesystem::exists(history));
  EXPECT_EQ(std::filesystem::status(history).permissions() & std::filesystem::perms::others_read,
            std::filesystem::perms::none);
}

TEST_F(PromptTest, CommandsChangeHowResultsAreWritten) {
  Terminal terminal(program(), project_.folder(), home_.path());
  terminal.until("segue> ");
  terminal.type(std::string(".output csv") + kEnter);
  terminal.until("segue> ");
  terminal.type(std::string("SELECT 1 AS a, 'x,y' AS b;") + kEnter);
  EXPECT_THAT(terminal.until("segue> "), HasSubstr("1,\"x,y\""));
  terminal.type(std::string(".to songs.parquet") + kEnter);
  terminal.until("segue> ");
  terminal.type(std::string("FROM lastfm.top_songs;") + kEnter);
  EXPECT_THAT(terminal.until("wrote "), HasSubstr("wrote"));
  terminal.until("segue> ");
  EXPECT_THAT(project_.read("songs.parquet"), testing::StartsWith("PAR1"));
  terminal.type(std::string(".to") + kEnter);
  terminal.until("segue> ");
  terminal.type(std::string(".outptu csv") + kEnter);
  EXPECT_THAT(terminal.until("segue> "), HasSubstr("did you mean `.output`?"));
  terminal.type(std::string(".tables") + kEnter);
  EXPECT_THAT(terminal.until("segue> "), HasSubstr("segue.check_results"));
  terminal.type(std::string(".columns segue.runs") + kEnter);
  EXPECT_THAT(terminal.until("segue> "), HasSubstr("started_at"));
  terminal.type(std::string(".help") + kEnter);
  EXPECT_THAT(terminal.until("segue> "), HasSubstr(".refresh"));
  terminal.type(std::string(".quit") + kEnter);
  EXPECT_EQ(terminal.wait(), 0);
}

TEST_F(PromptTest, RefreshShowsWhatWasPublishedSince) {
  Terminal terminal(program(), project_.folder(), home_.path());
  terminal.until("segue> ");
  terminal.type(std::string("SELECT 'runs: ' || count(*) AS n FROM lastfm.users;") + kEnter);
  terminal.until("segue> ");
  project_.write("pipelines/q/pipeline.yaml", "name: q\nsteps:\n  s: {sql: SELECT 4711 AS n}\n");
  ASSERT_EQ(project_.segue({"run", "q", "--quiet"}).code, 0);
  terminal.type(std::string("FROM q.s;") + kEnter);
  EXPECT_THAT(terminal.until("segue> "), HasSubstr("error:"));
  terminal.type(std::string(".refresh") + kEnter);
  terminal.until("segue> ");
  terminal.type(std::string("FROM q.s;") + kEnter);
  EXPECT_THAT(terminal.until("segue> "), HasSubstr("4711"));
}

TEST_F(PromptTest, ASignalToEndEndsIt) {
  Terminal terminal(program(), project_.folder(), home_.path());
  terminal.until("segue> ");
  terminal.signal(SIGTERM);
  EXPECT_EQ(terminal.wait(), 128 + SIGTERM);
}

TEST(SqlCompletionTest, OffersWhatMayStandThere) {
  int asked = 0;
  SqlCompletion completion({".help", ".tables", ".to"}, [&] {
    ++asked;
    return std::vector<KnownColumn>{{"lastfm.songs", "artist"}, {"lastfm.songs", "a b"}, {"segue.runs", "run"}};
  });
  EXPECT_THAT(completion.complete(".t").words, ElementsAre(".tables", ".to"));
  EXPECT_EQ(asked, 0);
  EXPECT_THAT(completion.complete("FROM la").words, ElementsAre("lastfm."));
  Completions found = completion.complete("FROM lastfm.");
  EXPECT_EQ(found.begin, 5u);
  EXPECT_THAT(found.words, ElementsAre("lastfm.songs"));
  EXPECT_THAT(completion.complete("SELECT art").words, ElementsAre("artist"));
  EXPECT_THAT(completion.complete("wher").words, ElementsAre("where"));
  EXPECT_THAT(completion.complete("WHER").words, ElementsAre("WHERE"));
  EXPECT_THAT(completion.complete("SELECT ").words, ElementsAre());
  EXPECT_EQ(asked, 1);
  completion.forget();
  completion.complete("x");
  EXPECT_EQ(asked, 2);
}

}  // namespace
}  // namespace segue::cli

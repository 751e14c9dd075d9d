// What the scanners of all formats share: files cut into morsels, windows of whole rows, bad rows, progress.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/cancellation.h"
#include "base/progress.h"
#include "formats/bad_rows.h"
#include "formats/line_reader.h"
#include "formats/row_stream.h"
#include "formats/scanner.h"

namespace segue::formats {

class FileScanner : public Scanner {
 public:
  size_t morsels() const override { return morsels_.size(); }
  uint64_t bytes() const override { return bytes_; }
  size_t file(size_t morsel) const override { return morsels_[morsel].file; }
  void scan(size_t worker, size_t morsel, const std::function<void(Batch&&)>& emit) override;
  void finish() override;
  std::vector<BadRow> take_bad_rows() override { return std::exchange(kept_bad_rows_, {}); }

 protected:
  using Window = LineReader::Window;
  using Emit = std::function<void(Batch&&)>;

  struct Options {
    std::string name;
    std::vector<std::string> files;
    std::string members;  // of those that are archives, as in InputFile
    BadRowPolicy bad_rows;
    size_t morsel_bytes = 0;
    size_t window_bytes = 0;
  };
  FileScanner(Options options, size_t workers, const Cancellation& cancellation, Progress* progress);

  // Cuts the files into morsels. Called once, by the constructor of the format's class.
  void open_files();
  const std::vector<InputFile>& files() const { return files_; }
  const InputFile& file_of(size_t morsel) const { return files_[morsels_[morsel].file]; }

  // What finds the rows of a file that must be read from its begin; null where they are lines that can be found from
  // anywhere. Never null for a packed file.
  virtual std::unique_ptr<RowFinder> row_finder(const InputFile& file) const = 0;
  // Reads a window's rows, of which there may be none: bad ones to bad_row(), the others to deliver(). Returns how many
  // lines it spans. `lines`: of its text in the morsel before it.
  virtual uint64_t read_window(size_t worker, size_t morsel, Window window, uint64_t lines, const Emit& emit) = 0;

  // For read_window. Takes a byte order mark off the window; false if the file is UTF-16, which is told.
  bool skip_byte_order_mark(size_t morsel, Window& window);
  static bool has_byte_order_mark(const Window& window);
  // The run ends with this morsel, whatever the policy is: the file's head is not what it must be.
  void end_at_head(size_t morsel, std::string_view message, std::string hint);
  // Of the window that is read. `line` counts from 0 at the first row of its text in the morsel.
  void bad_row(size_t morsel, uint64_t line, uint64_t offset, std::string reason, std::string_view raw) {
    bad_rows_.add({morsel, texts_[morsel].size() - 1}, line, offset, std::move(reason), raw);
  }
  void deliver(size_t morsel, Batch&& batch, const Emit& emit);

 private:
  // A part of a file. Those of a SharedStream consist of its blocks.
  struct Morsel {
    uint32_t file = 0;
    uint64_t begin = 0, end = 0;
    size_t first_block = 0, blocks = 0;
  };
  // A file that is read from its begin on.
  struct StreamedFile {
    StreamedFile(RowStream rows, uint64_t bytes) : stream(std::move(rows)), block_bytes(bytes) {}
    SharedStream stream;
    uint64_t block_bytes;  // of the file, each
  };
  // A text that a morsel has a part of: the file's, or that of a member of the archive.
  struct Text {
    std::shared_ptr<const std::string> member;
    bool begins = false;  // in the morsel
    uint64_t lines = 0;   // of it in the morsel
  };
  struct Reading {
    explicit Reading(size_t window_bytes) : reader(window_bytes) {}
    LineReader reader;
    RowBlock block;
  };

  void open_stream(uint32_t file, bool whole);
  void scan_lines(size_t worker, size_t morsel, const Emit& emit);
  void scan_stream(size_t worker, size_t morsel, const Emit& emit);
  bool take_window(size_t worker, size_t morsel, const Window& window, const Emit& emit);
  const std::string& name_of(size_t morsel, const Text& text) const;

  const Options options_;
  const Cancellation& cancellation_;
  Progress* const progress_;
  BadRows bad_rows_;
  std::vector<InputFile> files_;
  std::vector<std::unique_ptr<StreamedFile>> streams_;  // of each file, or null
  std::vector<Morsel> morsels_;
  std::vector<std::vector<Text>> texts_;  // of each morsel, written by the worker that scans it
  uint64_t bytes_ = 0;
  std::vector<std::unique_ptr<Reading>> readings_;  // of each worker, made by its first scan
  std::atomic<uint64_t> rows_{0};
  std::vector<BadRow> kept_bad_rows_;
};

}  // namespace segue::formats

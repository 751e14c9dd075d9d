#include "formats/file_scanner.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/error.h"
#include "base/limits.h"
#include "formats/byte_source.h"
#include "storage/at_once.h"

namespace segue::formats {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

// Packed bytes are fewer than those they become, mostly by this factor or less.
constexpr size_t kUnpacked = 16;

std::string_view text_of(const LineReader::Window& window) { return {window.text, window.bytes}; }

}  // namespace

FileScanner::FileScanner(Options options, size_t workers, const Cancellation& cancellation, Progress* progress)
    : options_(std::move(options)),
      cancellation_(cancellation),
      progress_(progress),
      bad_rows_(options_.name, options_.bad_rows),
      readings_(workers) {}

void FileScanner::open_files() {
  files_.resize(options_.files.size());
  storage::each_at_once(files_.size(), storage::calls_at_once(options_.files),
                        [&](size_t i) { files_[i] = inspect_file(options_.files[i], &cancellation_); });
  for (InputFile& file : files_) {
    file.members = options_.members;
    bytes_ += file.size;
    if (!file.members.empty() && !file.archive()) {
      throw Failure(Error{ErrorCode::kIo,
                          fmt::format("{} is no archive, so it has no member {}", file.path, file.members),
                          {file.path, 0, 0, 0},
                          "leave `member` out, or name archives"});
    }
  }
  streams_.resize(files_.size());
  // Several packed files are unpacked at the same time, each by one worker; of a single one all workers read what one
  // unpacks.
  bool several = std::ranges::count_if(files_, &InputFile::packed) > 1;
  for (uint32_t file = 0; file < files_.size(); ++file) {
    if (row_finder(files_[file]) != nullptr) {
      open_stream(file, several && files_[file].packed());
      continue;
    }
    size_t step = files_[file].remote ? limits::kRemoteMorselBytes : options_.morsel_bytes;
    for (uint64_t begin = 0; begin < files_[file].size; begin += step)
      morsels_.push_back({file, begin, std::min<uint64_t>(begin + step, files_[file].size), 0, 0});
  }
  texts_.resize(morsels_.size());
  if (progress_ != nullptr) progress_->bytes_total += bytes_;
}

void FileScanner::open_stream(uint32_t file, bool whole) {
  const InputFile& input = files_[file];
  RowStream rows(
      open_bytes(input), [this, &input] { return row_finder(input); }, input.size, options_.window_bytes);
  bool compressed = input.packed() && input.packing != Packing::kTar;
  uint64_t step = compressed ? std::max(options_.morsel_bytes / kUnpacked, size_t{1}) : options_.morsel_bytes;
  streams_[file] = std::make_unique<StreamedFile>(std::move(rows), step);
  auto blocks = static_cast<size_t>((input.size + step - 1) / step);
  if (input.archive()) blocks = std::max<size_t>(blocks, 1);  // an empty file is none
  if (whole) morsels_.push_back({file, 0, input.size, 0, blocks});
  for (size_t block = 0; block < blocks && !whole; ++block)
    morsels_.push_back({file, block * step, std::min<uint64_t>((block + 1) * step, input.size), block, 1});
}

void FileScanner::scan(size_t worker, size_t morsel, const Emit& emit) {
  SEGUE_ASSERT(worker < readings_.size() && morsel < morsels_.size());
  cancellation_.check();
  if (bad_rows_.ended_before(morsel)) return;
  auto& slot = readings_[worker];
  if (slot == nullptr) slot = std::make_unique<Reading>(options_.window_bytes);
  if (streams_[morsels_[morsel].file] != nullptr) {
    scan_stream(worker, morsel, emit);
  } else {
    scan_lines(worker, morsel, emit);
  }
}

void FileScanner::scan_lines(size_t worker, size_t morsel, const Emit& emit) {
  const Morsel& at = morsels_[morsel];
  LineReader& reader = readings_[worker]->reader;
  reader.start(files_[at.file], at.begin, at.end);
  uint64_t done = 0;
  Window window;
  while (reader.next(window)) {
    uint64_t end = window.offset + window.bytes;
    if (!take_window(worker, morsel, window, emit)) break;
    if (progress_ != nullptr) {
      uint64_t now = std::min(std::max(end, at.begin), at.end) - at.begin;
      progress_->bytes_read.fetch_add(now - done, std::memory_order_relaxed);
      done = now;
    }
  }
  if (progress_ != nullptr) progress_->bytes_read.fetch_add(at.end - at.begin - done, std::memory_order_relaxed);
}

void FileScanner::scan_stream(size_t worker, size_t morsel, const Emit& emit) {
  const Morsel& at = morsels_[morsel];
  StreamedFile& file = *streams_[at.file];
  RowBlock& rows = readings_[worker]->block;
  auto end_of = [&](size_t block) { return std::min((block + 1) * file.block_bytes, files_[at.file].size); };
  bool more = true;
  for (size_t block = at.first_block; more && block < at.first_block + at.blocks; ++block) {
    cancellation_.check();
    try {
      file.stream.take(block, end_of, rows);
    } catch (const Failure& failure) {
      if (failure.error().code != ErrorCode::kData) throw;
      bad_rows_.end({morsel, texts_[morsel].size()}, failure.error());
      break;
    }
    for (size_t i = 0; more && i < rows.windows(); ++i) more = take_window(worker, morsel, rows.window(i), emit);
    if (progress_ != nullptr)
      progress_->bytes_read.fetch_add(end_of(block) - block * file.block_bytes, std::memory_order_relaxed);
  }
}

// Reads the rows of a window and counts its lines. False if nothing behind it matters.
bool FileScanner::take_window(size_t worker, size_t morsel, const Window& window, const Emit& emit) {
  cancellation_.check();
  if (bad_rows_.ended_at(morsel)) return false;
  std::vector<Text>& texts = texts_[morsel];
  if (texts.empty() || window.offset == 0) texts.push_back({window.member, window.offset == 0, 0});
  uint64_t& lines = texts.back().lines;
  lines += read_window(worker, morsel, window, lines, emit);
  return true;
}

const std::string& FileScanner::name_of(size_t morsel, const Text& text) const {
  return text.member ? *text.member : file_of(morsel).path;
}

bool FileScanner::has_byte_order_mark(const Window& window) { return text_of(window).starts_with(kByteOrderMark); }

bool FileScanner::skip_byte_order_mark(size_t morsel, Window& window) {
  std::string_view text = text_of(window);
  if (text.starts_with("\xFF\xFE") || text.starts_with("\xFE\xFF")) {
    end_at_head(morsel, "the file is UTF-16, not UTF-8",
                fmt::format("iconv -f UTF-16 -t UTF-8 '{}'", file_of(morsel).path));
    return false;
  }
  if (!text.starts_with(kByteOrderMark)) return true;
  window.text += kByteOrderMark.size();
  window.bytes -= kByteOrderMark.size();
  window.offset += kByteOrderMark.size();
  return true;
}

void FileScanner::end_at_head(size_t morsel, std::string_view message, std::string hint) {
  bad_rows_.end({morsel, texts_[morsel].size() - 1}, Error{ErrorCode::kData,
                                                           fmt::format("{}: {}", options_.name, message),
                                                           {name_of(morsel, texts_[morsel].back()), 1, 0, 0},
                                                           std::move(hint)});
}

void FileScanner::deliver(size_t morsel, Batch&& batch, const Emit& emit) {
  if (batch.rows == 0) return;
  batch.sequence = morsel;
  rows_.fetch_add(batch.rows, std::memory_order_relaxed);
  if (progress_ != nullptr) progress_->rows_read.fetch_add(batch.rows, std::memory_order_relaxed);
  emit(std::move(batch));
}

void FileScanner::finish() {
  std::vector<std::vector<BadRows::Origin>> origins(morsels_.size());
  uint64_t lines = 0;  // of the text
  for (size_t i = 0; i < morsels_.size(); ++i) {
    for (const Text& text : texts_[i]) {
      if (text.begins) lines = 0;
      origins[i].push_back({&name_of(i, text), lines});
      lines += text.lines;
    }
  }
  kept_bad_rows_ = bad_rows_.finish(origins, rows_.load(std::memory_order_relaxed));
}

}  // namespace segue::formats

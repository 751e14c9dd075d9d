// Memory of the engine. Blocks of kLargeBlock bytes and more come from a process-wide pool of 2 MB-aligned regions that
// ask for huge pages and are recycled; smaller ones from malloc. All blocks may be read up to kPadding bytes before
// their begin and past their end (what is there is unspecified), so that SIMD loads need no edge cases.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>

namespace segue {

inline constexpr size_t kPadding = 64;
inline constexpr size_t kLargeBlock = size_t{1} << 20;

namespace memory {
// Not zeroed. Throws Failure: kLimit when the system gives no more or past a limit without a folder, kIo when the
// folder takes no more. Thread-safe.
std::byte* allocate(size_t bytes);
void release(std::byte* block, size_t bytes) noexcept;

struct Limit {
  // The most memory that may be handed out at a time; 0 (as at first): whatever the system gives. With a folder, what
  // else the process holds when the limit is set is taken off, up to half.
  size_t bytes = 0;
  // Where blocks of kLargeBlock and more go that would pass it: each a file without a name, mapped, so that the system
  // writes it out when it needs the memory and it vanishes with the process. Made when it is needed.
  std::string spill_folder;
};
// While blocks are in use the limit may be set to none, but not to another.
void set_limit(Limit limit);

// While one lives, what its thread allocates is rows that will be read in order, which go to files from three quarters
// of the limit on: tables that are looked into at random find room in memory.
class Storing {
 public:
  Storing();
  ~Storing();
  Storing(const Storing&) = delete;
  Storing& operator=(const Storing&) = delete;
};

// The most bytes that lay in files at a time since the limit was set.
size_t spilled_peak() noexcept;
// Bytes of memory that this machine has, or its control group if that is less.
size_t machine_bytes() noexcept;
// Has malloc keep what is freed, in the whole process: blocks are made anew for every batch. Called once, by a
// program's main().
void keep_freed() noexcept;
// Gives recycled blocks back to the system.
void trim() noexcept;
// Bytes of memory handed out now, and the most there were since the start.
size_t used() noexcept;
size_t peak() noexcept;
}  // namespace memory

// One block, owned.
class Block {
 public:
  Block() = default;
  explicit Block(size_t bytes) : data_(memory::allocate(bytes)), bytes_(bytes) {}
  Block(Block&& other) noexcept : data_(std::exchange(other.data_, nullptr)), bytes_(std::exchange(other.bytes_, 0)) {}
  Block& operator=(Block&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(bytes_, other.bytes_);
    return *this;
  }
  ~Block() {
    if (data_ != nullptr) memory::release(data_, bytes_);
  }
  std::byte* data() const { return data_; }
  size_t bytes() const { return bytes_; }

 private:
  std::byte* data_ = nullptr;
  size_t bytes_ = 0;
};

// A growing array of plain values in one Block. Does not initialise what resize() adds.
template <class T>
class Array {
  static_assert(std::is_trivially_copyable_v<T>);

 public:
  Array() = default;
  Array(Array&& other) noexcept : block_(std::move(other.block_)), size_(std::exchange(other.size_, 0)) {}
  Array& operator=(Array&& other) noexcept {
    std::swap(block_, other.block_);
    std::swap(size_, other.size_);
    return *this;
  }
  explicit Array(size_t size) { resize(size); }
  Array(size_t size, T value) {
    resize(size);
    fill(value);
  }
  T* data() { return reinterpret_cast<T*>(block_.data()); }
  const T* data() const { return reinterpret_cast<const T*>(block_.data()); }
  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  size_t capacity() const { return block_.bytes() / sizeof(T); }
  T& operator[](size_t i) { return data()[i]; }
  const T& operator[](size_t i) const { return data()[i]; }
  T* begin() { return data(); }
  T* end() { return data() + size_; }
  const T* begin() const { return data(); }
  const T* end() const { return data() + size_; }
  T& back() { return data()[size_ - 1]; }
  void clear() { size_ = 0; }
  void resize(size_t size) {
    if (size > capacity()) grow(size);
    size_ = size;
  }
  void reserve(size_t size) {
    if (size > capacity()) grow(size);
  }
  void push_back(T value) {
    if (size_ == capacity()) grow(size_ + 1);
    data()[size_++] = value;
  }
  void append(const T* values, size_t count) {
    size_t old = size_;
    resize(size_ + count);
    if (count != 0) std::memcpy(data() + old, values, count * sizeof(T));
  }
  void fill(T value) {
    for (size_t i = 0; i < size_; ++i) data()[i] = value;
  }

 private:
  void grow(size_t at_least) {
    size_t capacity = std::max(at_least, size_ * 2);
    if (capacity * sizeof(T) < 64) capacity = 64 / sizeof(T) + 1;
    Block bigger(capacity * sizeof(T));
    if (size_ != 0) std::memcpy(bigger.data(), block_.data(), size_ * sizeof(T));
    block_ = std::move(bigger);
  }
  Block block_;
  size_t size_ = 0;
};

// An Array as the owner of a Column's memory: values() is what Column::values points to.
template <class T>
std::shared_ptr<const Array<T>> share(Array<T>&& array) {
  return std::make_shared<const Array<T>>(std::move(array));
}

}  // namespace segue

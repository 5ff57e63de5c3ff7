#pragma once
#include <cstddef>
#include <memory>
#include <new>
#include <vector>

namespace evofactor::formula {

/// 64-byte aligned memory without initial values.
class Buffer {
 public:
  Buffer() = default;
  explicit Buffer(std::size_t count)
      : data_(static_cast<float*>(::operator new(count * sizeof(float), kAlignment))),
        count_(count) {}
  [[nodiscard]] float* data() const { return data_.get(); }
  [[nodiscard]] std::size_t count() const { return count_; }

 private:
  static constexpr std::align_val_t kAlignment{64};
  struct Free {
    void operator()(float* p) const { ::operator delete(p, kAlignment); }
  };
  std::unique_ptr<float, Free> data_;
  std::size_t count_ = 0;
};

/// Buffers of one thread, kept from one evaluation to the next.
class Workspace {
 public:
  /// The calling thread's.
  static Workspace& of_thread();

  [[nodiscard]] Buffer take(std::size_t count);
  void give_back(Buffer buffer);
  /// Frees what is kept beyond kKeptBytes.
  void trim();
  /// Memory for the values of one block of stocks; undefined contents, ends the one handed out
  /// before.
  [[nodiscard]] float* block(std::size_t count);

 private:
  static constexpr std::size_t kKeptBytes = std::size_t{64} << 20U;
  std::vector<Buffer> free_;
  Buffer block_;
};

}  // namespace evofactor::formula

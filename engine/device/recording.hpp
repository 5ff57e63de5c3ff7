#pragma once
#include <c10/core/Device.h>

#include <functional>
#include <memory>

namespace evofactor::device {

/// Work of a device, recorded once and done again with one launch (on a GPU a CUDA graph): for
/// steps of many small operations, whose launches would take longer than they do.
class Recording {
 public:
  Recording() = default;
  virtual ~Recording() = default;
  Recording(const Recording&) = delete;
  Recording& operator=(const Recording&) = delete;
  /// Does the work again, on the current stream, with what its tensors hold now.
  virtual void replay() = 0;
};

using Recorder = std::function<std::unique_ptr<Recording>(const std::function<void()>& work)>;

/// Records `work` of this thread's current stream without doing it. The work must touch the same
/// memory each time, wait for nothing and have been done before once. Nothing on a CPU, where this
/// build has no part for CUDA (libevofactor_cuda.so beside the program), or if the work cannot be
/// recorded.
[[nodiscard]] std::unique_ptr<Recording> record(const c10::Device& device,
                                                const std::function<void()>& work);

/// Type of evofactor_record_cuda in libevofactor_cuda.so: a new recording, or null.
using RecordCuda = Recording*(const std::function<void()>& work);

}  // namespace evofactor::device

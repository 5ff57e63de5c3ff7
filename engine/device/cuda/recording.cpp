#include "engine/device/recording.hpp"

#include <ATen/cuda/CUDAGraph.h>
#include <c10/util/Exception.h>

namespace evofactor::device {
namespace {

class CudaRecording : public Recording {
 public:
  /// @throws c10::Error if the work cannot be recorded
  explicit CudaRecording(const std::function<void()>& work) {
    // Of this thread alone, so that other lanes may use their devices meanwhile.
    graph_.capture_begin({0, 0}, cudaStreamCaptureModeThreadLocal);
    try {
      work();
    } catch (...) {
      try {
        graph_.capture_end();
      } catch (const c10::Error&) {  // what the work threw tells more
      }
      throw;
    }
    graph_.capture_end();
  }
  void replay() override { graph_.replay(); }

 private:
  at::cuda::CUDAGraph graph_;
};

}  // namespace
}  // namespace evofactor::device

extern "C" evofactor::device::Recording* evofactor_record_cuda(const std::function<void()>& work) {
  try {
    return new evofactor::device::CudaRecording(work);
  } catch (const c10::Error&) {
    return nullptr;
  }
}

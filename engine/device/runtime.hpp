#pragma once
#include <cstdint>
#include <string>
#include <vector>

namespace evofactor::device {

/// Sets the process up for reproducible work on small networks, once; further calls do nothing: one
/// BLAS thread, one inter-operator thread, deterministic algorithms, and an allocator that keeps
/// freed memory (glibc would return every large buffer to the system and fault it in again, 1.2
/// to 1.8 times slower).
void set_up();

/// Sets the calling thread up the way every result of a network is computed: one thread in every
/// operation and denormal numbers flushed to zero (they are slow and carry nothing here). What is
/// set stays set: BLAS keeps one thread count for the process, so restoring it under another lane's
/// feet would change that lane's rounding.
void set_up_thread();

/// Loads LibTorch's CUDA half if it and a device are there, once. Must come before anything asks
/// LibTorch about CUDA.
/// @returns true if a GPU can be used
[[nodiscard]] bool load_cuda();

/// Checks a device name from the command line. @returns "cpu" or "cuda:<n>"
/// @throws ConfigError naming the devices there are
[[nodiscard]] std::string checked_device(const std::string& name);

struct DeviceInfo {
  std::string name;  ///< "cpu" or "cuda:0"
  std::string model;
  std::int64_t memory = 0;  ///< bytes
  int bucket_cap = 1;
  std::int64_t budget = 0;  ///< bytes for one bucket
};
struct DeviceReport {
  std::vector<DeviceInfo> devices;
  int hardware_threads = 1;
  std::string libtorch;  ///< version
  std::string
      blas;  ///< "Intel(R) oneAPI Math Kernel Library Version ..." or what LibTorch was built with
  std::string instruction_set;  ///< the one LibTorch's kernels use: "AVX512"; part of what makes
                                ///< results reproducible
  std::string cuda;             ///< "available", or why not
};
[[nodiscard]] DeviceReport device_report();
/// The instruction set alone.
[[nodiscard]] std::string instruction_set();

struct SelfTestCase {
  std::string name;  ///< "cpu: own backward against autograd", "cuda:0 against cpu"
  double error = 0;  ///< largest relative difference
  double tolerance = 0;
  [[nodiscard]] bool passed() const { return error <= tolerance; }
};
/// Forward and backward of a small dense network: twice on the CPU (bitwise), in double precision,
/// and on every GPU, where a recording is replayed, too.
[[nodiscard]] std::vector<SelfTestCase> self_test();

}  // namespace evofactor::device

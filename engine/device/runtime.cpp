#include "engine/device/runtime.hpp"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>
#include <dlfcn.h>
#include <malloc.h>
#include <torch/cuda.h>
#include <torch/version.h>

#include <fstream>
#include <limits>
#include <mutex>
#include <thread>

#include "engine/core/error.hpp"
#include "engine/core/rng.hpp"
#include "engine/device/lane.hpp"
#include "engine/device/memory_budget.hpp"
#include "engine/device/recording.hpp"

namespace evofactor::device {
namespace {

/// Outcome of loading the CUDA half, found out once.
struct Cuda {
  int devices = 0;
  std::string state;
};

const Cuda& cuda() {
  static const Cuda found = [] {
    Cuda result;
    if (dlopen("libtorch_cuda.so", RTLD_NOW | RTLD_GLOBAL) == nullptr) {
      const char* reason = dlerror();
      result.state = fmt::format("not loaded ({})", reason != nullptr ? reason : "unknown reason");
      return result;
    }
    try {
      result.devices =
          torch::cuda::is_available() ? static_cast<int>(torch::cuda::device_count()) : 0;
      result.state = result.devices > 0 ? "available" : "loaded, but there is no device";
    } catch (const std::exception& e) {
      result.state = fmt::format("loaded, but unusable ({})", e.what());
    }
    return result;
  }();
  return found;
}

std::string cpu_model() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);)
    if (line.starts_with("model name")) return line.substr(line.find(':') + 2);
  return "unknown";
}

std::string first_line_with(const std::string& text, std::string_view what) {
  const auto at = text.find(what);
  if (at == std::string::npos) return {};
  const auto begin = text.rfind('\n', at) + 1;
  const auto from = text.find_first_not_of(" -", begin);
  return text.substr(from, text.find('\n', at) - from);
}

/// Loss and gradients of a small network with fixed weights, flat.
at::Tensor forward_backward(const at::TensorOptions& options) {
  Rng rng(Seed{20240607});
  const auto random = [&](std::initializer_list<std::int64_t> shape, double scale) {
    at::Tensor values = at::empty(shape, at::kDouble);
    double* x = values.data_ptr<double>();
    for (std::int64_t i = 0; i < values.numel(); ++i)
      x[i] = static_cast<float>(scale * rng.normal());
    return values.to(options);
  };
  const at::Tensor x = random({500, 40}, 1), target = random({500}, 1);
  const at::Tensor w1 = random({40, 32}, 0.2), b1 = random({32}, 0.1), w2 = random({32, 1}, 0.2);
  const at::Tensor hidden = at::tanh(at::addmm(b1, x, w1));
  const at::Tensor error = at::mm(hidden, w2).squeeze(1) - target;
  const at::Tensor d_out = error.unsqueeze(1) * (2.0 / 500.0);
  const at::Tensor d_hidden = at::mm(d_out, w2.t()) * (1 - hidden * hidden);
  return at::cat({error.pow(2).mean().reshape({1}), at::mm(x.t(), d_hidden).flatten(),
                  d_hidden.sum(0), at::mm(hidden.t(), d_out).flatten()})
      .to(at::kCPU, at::kDouble);
}

double relative_error(const at::Tensor& a, const at::Tensor& b) {
  return ((a - b).abs().max() / b.abs().max()).item<double>();
}

}  // namespace

void set_up() {
  static std::once_flag once;
  std::call_once(once, [] {
    mallopt(M_MMAP_THRESHOLD, 32 << 20);  // the largest glibc accepts
    mallopt(M_TRIM_THRESHOLD, 1 << 30);
    at::set_num_threads(1);
    at::set_num_interop_threads(1);
    at::globalContext().setDeterministicAlgorithms(true, /*warn_only=*/true);
    at::globalContext().setBenchmarkCuDNN(false);
    at::globalContext().setFloat32Precision(at::Float32Backend::CUDA, at::Float32Op::MATMUL,
                                            at::Float32Precision::IEEE);
  });
}

void set_up_thread() {
  at::set_num_threads(1);
  at::globalContext().setFlushDenormal(true);
}

bool load_cuda() { return cuda().devices > 0; }

std::string checked_device(const std::string& name) {
  if (name == "cpu") return name;
  const int count = name.starts_with("cuda") ? cuda().devices : 0;
  for (int i = 0; i < count; ++i)
    if (name == fmt::format("cuda:{}", i) || (name == "cuda" && i == 0))
      return fmt::format("cuda:{}", i);
  std::string known = "cpu";
  for (int i = 0; i < cuda().devices; ++i) known += fmt::format(", cuda:{}", i);
  throw ConfigError(
      fmt::format("there is no device \"{}\"; devices here: {}{}", name, known,
                  cuda().devices > 0 ? "" : fmt::format(" (CUDA: {})", cuda().state)));
}

std::string instruction_set() { return at::get_cpu_capability(); }

DeviceReport device_report() {
  DeviceReport report;
  report.hardware_threads = static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
  report.libtorch = TORCH_VERSION;
  const std::string config = at::show_config();
  report.blas = first_line_with(config, "Math Kernel Library");
  if (report.blas.empty()) report.blas = first_line_with(config, "BLAS");
  report.instruction_set = instruction_set();
  const MemoryBudget cpu = memory_budget("cpu", report.hardware_threads);
  report.devices.push_back({"cpu", cpu_model(), cpu.total, bucket_cap("cpu"), cpu.per_bucket});
  report.cuda = cuda().state;
  for (int i = 0; i < cuda().devices; ++i) {
    const std::string name = fmt::format("cuda:{}", i);
    const MemoryBudget memory = memory_budget(name, 1);
    report.devices.push_back(
        {name, "CUDA device", memory.total, bucket_cap(name), memory.per_bucket});
  }
  return report;
}

namespace {

/// Doubles ones three times, the last two by a recording.
double error_of_recording(const std::string& gpu) {
  const auto in_lane = make_enter_lane()({.device = gpu});
  const at::Tensor x = at::ones({256}, at::TensorOptions(at::kFloat).device(gpu));
  const auto work = [&] { x.mul_(2); };
  work();
  const auto recording = record(c10::Device(gpu), work);
  if (recording == nullptr) return std::numeric_limits<double>::infinity();
  recording->replay();
  recording->replay();
  return (x.to(at::kCPU) - 8).abs().max().item<double>();
}

}  // namespace

std::vector<SelfTestCase> self_test() {
  set_up();
  set_up_thread();
  const at::NoGradGuard no_grad;
  const at::Tensor exact = forward_backward(at::kDouble);
  const at::Tensor cpu = forward_backward(at::kFloat);
  std::vector<SelfTestCase> cases;
  cases.push_back({"cpu, single against double precision", relative_error(cpu, exact), 1e-5});
  cases.push_back({"cpu, twice", relative_error(forward_backward(at::kFloat), cpu), 0});
  at::Tensor other;
  std::thread([&] {
    set_up_thread();
    const at::NoGradGuard inner;
    other = forward_backward(at::kFloat);
  }).join();
  cases.push_back({"cpu, another thread", relative_error(other, cpu), 0});
  for (int i = 0; i < cuda().devices; ++i) {
    const auto on = at::TensorOptions(at::kFloat).device(fmt::format("cuda:{}", i));
    cases.push_back({fmt::format("cuda:{} against double precision on the cpu", i),
                     relative_error(forward_backward(on), exact), 1e-5});
    cases.push_back(
        {fmt::format("cuda:{}, recorded", i), error_of_recording(fmt::format("cuda:{}", i)), 0});
  }
  return cases;
}

}  // namespace evofactor::device

// The CUDA runtime's calls on a device that is this CPU: streams as queues, graphs as lists of what to do.
#include "tests/cuda_on_cpu/grid.h"
#include "tests/cuda_on_cpu/memory.h"
#include "tests/cuda_on_cpu/stream.h"

#include <chrono>
#include <map>
#include <memory>
#include <set>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <vector>

typedef std::function<void()> Work;

struct cpu_graph {
  std::vector<Work> work;
};
struct cpu_event {
  cpu_stream *stream = nullptr;
  bool timed = false;
  std::shared_ptr<double> at; // milliseconds, when the stream came to it; negative before
};

using cpu_grid::DeviceAccess;

namespace {

enum { CUDA_VERSION = 13000, OLD_VERSION = 11040 };

struct Stream : cpu_stream {
  std::vector<Work> queue;
  cpu_graph *recording = nullptr; // between begin and end of a capture

  void enqueue(Work work) override;
};

Stream *of(cpu_stream *stream) {
  return static_cast<Stream *>(stream);
}

std::set<cpu_stream *> streams;
std::map<uintptr_t, size_t> pinned; // page-locked blocks: start, bytes
std::string failure_text;

void add(cpu_stream *stream, Work work) {
  (of(stream)->recording ? of(stream)->recording->work : of(stream)->queue).push_back(std::move(work));
}

void Stream::enqueue(Work work) {
  add(this, [=] {
    DeviceAccess access;
    work();
  });
}

void drain(cpu_stream *stream) {
  for (const Work &work : of(stream)->queue) work();
  of(stream)->queue.clear();
}

bool anybody_records() {
  for (cpu_stream *stream : streams) {
    if (of(stream)->recording) return true;
  }
  return false;
}

// What waits for a whole device.
cudaError_t drain_all() {
  if (anybody_records()) return cudaErrorStreamCaptureUnsupported;
  for (cpu_stream *stream : streams) drain(stream);
  return cudaSuccess;
}

cudaError_t wait(cpu_stream *stream) {
  if (of(stream)->recording) return cudaErrorStreamCaptureUnsupported;
  drain(stream);
  return cpu_grid::take_failure(&failure_text);
}

bool is_pinned(const void *address) {
  auto next = pinned.upper_bound((uintptr_t)address);
  return next != pinned.begin() && (uintptr_t)address - std::prev(next)->first < std::prev(next)->second;
}

} // namespace

namespace cpu_grid {

int multiprocessors = 2;

bool environment_says(const char *kind) {
  const char *said = getenv("INGOT_GRID_DEVICE");
  return said != nullptr && strcmp(said, kind) == 0;
}

cudaError_t enqueue(cudaStream_t stream, const char *kernel, dim3 blocks, int threads, Work body) {
  if (threads < 1 || threads > MOST_THREADS || blocks.y > 65535 || blocks.z > 65535 || blocks.x > 0x7fffffff)
    return cudaErrorInvalidConfiguration;
  if (environment_says("no_image")) return cudaErrorNoKernelImageForDevice;
  add(stream, [=] { run(kernel, blocks, threads, body); });
  return cudaSuccess;
}

} // namespace cpu_grid

cudaError_t cudaGetDeviceCount(int *count) {
  *count = 0;
  if (cpu_grid::environment_says("no_device")) return cudaErrorNoDevice;
  if (cpu_grid::environment_says("no_driver") || cpu_grid::environment_says("old_driver"))
    return cudaErrorInsufficientDriver;
  *count = 1;
  return cudaSuccess;
}

cudaError_t cudaGetDeviceProperties(cudaDeviceProp *properties, int device) {
  if (device != 0) return cudaErrorInvalidDevice;
  *properties = {};
  snprintf(properties->name, sizeof properties->name, "grid of threads on a CPU");
  properties->totalGlobalMem = cpu_grid::device_bytes();
  properties->multiProcessorCount = cpu_grid::multiprocessors;
  return cudaSuccess;
}

cudaError_t cudaDeviceGetAttribute(int *value, cudaDeviceAttr attribute, int device) {
  if (device != 0) return cudaErrorInvalidDevice;
  *value = attribute == cudaDevAttrMultiProcessorCount ? cpu_grid::multiprocessors : 0;
  return cudaSuccess;
}

cudaError_t cudaGetDevice(int *device) {
  *device = 0;
  return cudaSuccess;
}

cudaError_t cudaSetDevice(int device) {
  return device == 0 ? cudaSuccess : cudaErrorInvalidDevice;
}

cudaError_t cudaDriverGetVersion(int *version) {
  *version = cpu_grid::environment_says("no_driver")    ? 0
             : cpu_grid::environment_says("old_driver") ? OLD_VERSION
                                                        : CUDA_VERSION;
  return cudaSuccess;
}

cudaError_t cudaRuntimeGetVersion(int *version) {
  *version = CUDA_VERSION;
  return cudaSuccess;
}

cudaError_t cudaMemGetInfo(size_t *free_bytes, size_t *total) {
  *free_bytes = cpu_grid::device_free_bytes();
  *total = cpu_grid::device_bytes();
  return cudaSuccess;
}

const char *cudaGetErrorString(cudaError_t error) {
  switch (error) {
  case cudaSuccess:
    return "no error";
  case cudaErrorMemoryAllocation:
    return "out of memory";
  case cudaErrorInvalidConfiguration:
    return "invalid configuration argument";
  case cudaErrorInvalidDevice:
    return "invalid device ordinal";
  case cudaErrorNoKernelImageForDevice:
    return "no kernel image is available for execution on the device";
  case cudaErrorMisalignedAddress:
    return "misaligned address";
  case cudaErrorIllegalAddress:
  case cudaErrorLaunchFailure:
    return failure_text.c_str(); // the last one taken
  case cudaErrorStreamCaptureUnsupported:
    return "operation not permitted when stream is capturing";
  default:
    return "invalid argument";
  }
}

cudaError_t cudaGetLastError() {
  return cudaSuccess;
}

cudaError_t cudaMalloc(void **block, size_t bytes) {
  if (anybody_records()) return cudaErrorStreamCaptureUnsupported;
  *block = cpu_grid::device_allocate(bytes);
  return *block ? cudaSuccess : cudaErrorMemoryAllocation;
}

cudaError_t cudaFree(void *block) {
  cudaError_t status = drain_all();
  if (status != cudaSuccess || block == nullptr) return status;
  return cpu_grid::device_release(block) ? cudaSuccess : cudaErrorInvalidValue;
}

cudaError_t cudaMallocHost(void **block, size_t bytes) {
  *block = malloc(bytes);
  if (*block == nullptr) return cudaErrorMemoryAllocation;
  pinned[(uintptr_t)*block] = bytes;
  return cudaSuccess;
}

cudaError_t cudaFreeHost(void *block) {
  cudaError_t status = drain_all();
  if (status != cudaSuccess || block == nullptr) return status;
  if (pinned.erase((uintptr_t)block) == 0) return cudaErrorInvalidValue;
  free(block);
  return cudaSuccess;
}

cudaError_t cudaStreamCreateWithFlags(cudaStream_t *stream, unsigned) {
  *stream = new Stream;
  streams.insert(*stream);
  return cudaSuccess;
}

cudaError_t cudaStreamDestroy(cudaStream_t stream) {
  drain(stream);
  streams.erase(stream);
  delete of(stream)->recording;
  delete stream;
  return cudaSuccess;
}

cudaError_t cudaStreamSynchronize(cudaStream_t stream) {
  return wait(stream);
}

// Page-locked memory is read and written when the queue runs, other memory before the call returns.
cudaError_t cudaMemcpyAsync(void *to, const void *from, size_t bytes, cudaMemcpyKind kind,
                            cudaStream_t stream) {
  const void *device = kind == cudaMemcpyHostToDevice ? to : from,
             *host = kind == cudaMemcpyHostToDevice ? from : to;
  if (!cpu_grid::device_holds(device, bytes)) return cudaErrorInvalidValue;
  if (!is_pinned(host) && of(stream)->recording) return cudaErrorStreamCaptureUnsupported;
  add(stream, [=] {
    DeviceAccess access;
    memcpy(to, from, bytes);
  });
  if (!is_pinned(host)) drain(stream);
  return cudaSuccess;
}

cudaError_t cudaMemsetAsync(void *to, int byte, size_t bytes, cudaStream_t stream) {
  if (!cpu_grid::device_holds(to, bytes)) return cudaErrorInvalidValue;
  add(stream, [=] {
    DeviceAccess access;
    memset(to, byte, bytes);
  });
  return cudaSuccess;
}

cudaError_t cudaEventCreateWithFlags(cudaEvent_t *event, unsigned flags) {
  *event = new cpu_event;
  (*event)->timed = (flags & cudaEventDisableTiming) == 0;
  return cudaSuccess;
}

cudaError_t cudaEventDestroy(cudaEvent_t event) {
  delete event;
  return cudaSuccess;
}

cudaError_t cudaEventRecord(cudaEvent_t event, cudaStream_t stream) {
  event->stream = stream;
  if (!event->timed) return cudaSuccess;
  std::shared_ptr<double> at = event->at = std::make_shared<double>(-1);
  add(stream, [=] {
    auto now = std::chrono::steady_clock::now().time_since_epoch();
    *at = std::chrono::duration<double, std::milli>(now).count();
  });
  return cudaSuccess;
}

cudaError_t cudaEventElapsedTime(float *milliseconds, cudaEvent_t start, cudaEvent_t end) {
  if (start->at == nullptr || end->at == nullptr) return cudaErrorInvalidResourceHandle;
  if (*start->at < 0 || *end->at < 0) return cudaErrorNotReady;
  *milliseconds = (float)(*end->at - *start->at);
  return cudaSuccess;
}

// All of the stream is done then, not only what came before the event. A failure waits for the stream's own
// wait.
cudaError_t cudaEventSynchronize(cudaEvent_t event) {
  if (event->stream == nullptr || streams.count(event->stream) == 0) return cudaSuccess;
  if (of(event->stream)->recording) return cudaErrorStreamCaptureUnsupported;
  drain(event->stream);
  return cudaSuccess;
}

cudaError_t cudaStreamBeginCapture(cudaStream_t stream, cudaStreamCaptureMode) {
  if (of(stream)->recording) return cudaErrorIllegalState;
  of(stream)->recording = new cpu_graph;
  return cudaSuccess;
}

cudaError_t cudaStreamEndCapture(cudaStream_t stream, cudaGraph_t *graph) {
  if (of(stream)->recording == nullptr) return cudaErrorIllegalState;
  *graph = of(stream)->recording;
  of(stream)->recording = nullptr;
  return cudaSuccess;
}

cudaError_t cudaGraphInstantiate(cudaGraphExec_t *executable, cudaGraph_t graph, unsigned long long) {
  if (cpu_grid::environment_says("no_graphs")) return cudaErrorMemoryAllocation;
  *executable = new cpu_graph(*graph);
  return cudaSuccess;
}

cudaError_t cudaGraphLaunch(cudaGraphExec_t executable, cudaStream_t stream) {
  if (of(stream)->recording) return cudaErrorStreamCaptureUnsupported;
  if (cpu_grid::environment_says("misaligned")) return cudaErrorMisalignedAddress;
  for (const Work &work : executable->work) add(stream, work);
  return cudaSuccess;
}

cudaError_t cudaGraphDestroy(cudaGraph_t graph) {
  delete graph;
  return cudaSuccess;
}

cudaError_t cudaGraphExecDestroy(cudaGraphExec_t executable) {
  delete executable;
  return cudaSuccess;
}

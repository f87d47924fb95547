// Steps recorded once as CUDA graphs and replayed: one call of the driver instead of one for each kernel.
#include "kernels/cuda/calls.h"

#include <string.h>

static RecordedStep *find(CudaContext *context, uint64_t key) {
  for (int i = 0; i < context->step_count; i++) {
    if (context->steps[i].key == key) return &context->steps[i];
  }
  return NULL;
}

static void forget(CudaContext *context, RecordedStep *step) {
  cudaGraphExecDestroy(step->graph);
  context->step_count--;
  RecordedStep *last = &context->steps[context->step_count];
  memmove(step, step + 1, (size_t)(last - step) * sizeof *step); // the oldest stays first
}

void cuda_forget_steps(CudaContext *context) {
  while (context->step_count > 0) forget(context, &context->steps[context->step_count - 1]);
}

// A failure waits for the next synchronise, as that of a kernel does.
static void start(CudaContext *context, const RecordedStep *step) {
  cudaError_t status = cudaGraphLaunch(step->graph, context->stream);
  if (status == cudaSuccess || context->failure != cudaSuccess) return;
  context->failure = status;
  context->failed = KERNEL_COUNT;
}

int cuda_replay(CudaContext *context, uint64_t key) {
  const RecordedStep *step = find(context, key);
  if (step == NULL) return 0;
  start(context, step);
  for (int i = 0; i < KERNEL_COUNT; i++) context->launches[i] += step->launches[i];
  return 1;
}

int cuda_begin_step(CudaContext *context, char *message) {
  int failed = cuda_launch_failure(context, message);
  if (failed) return failed;
  CUDA_CHECK(message, cudaStreamBeginCapture(context->stream, cudaStreamCaptureModeThreadLocal),
             "recording a step");
  memcpy(context->before_step, context->launches, sizeof context->launches);
  return 0;
}

int cuda_end_step(CudaContext *context, uint64_t key, char *message) {
  cudaGraph_t graph = NULL;
  cudaError_t ended = cudaStreamEndCapture(context->stream, &graph);
  RecordedStep step = {};
  step.key = key;
  int failed = cuda_launch_failure(context, message);
  if (!failed && ended != cudaSuccess) failed = cuda_say(message, ended, "recording a step");
  if (!failed) {
    cudaError_t made = cudaGraphInstantiate(&step.graph, graph, 0);
    if (made != cudaSuccess) failed = cuda_say(message, made, "making a recorded step ready");
  }
  if (graph != NULL) cudaGraphDestroy(graph);
  if (failed) return failed;
  for (int i = 0; i < KERNEL_COUNT; i++) step.launches[i] = context->launches[i] - context->before_step[i];
  RecordedStep *old = find(context, key);
  if (old == NULL && context->step_count == CUDA_STEPS) old = &context->steps[0];
  if (old != NULL) forget(context, old);
  context->steps[context->step_count++] = step;
  start(context, &step);
  return 0;
}

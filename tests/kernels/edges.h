// Digests of every operator of a step on shapes around all edges of tiles, leaves, grains and cuts, on any
// device.
#ifndef INGOT_TESTS_KERNELS_EDGES_H
#define INGOT_TESTS_KERNELS_EDGES_H

#include <map>
#include <string>
#include <vector>

extern "C" {
#include "kernels/operators.h"
}

// The operators: RUN(arguments, name).
#define EDGE_OPERATORS(RUN)                                                                                  \
  RUN(LinearForward, linear_forward)                                                                         \
  RUN(LinearBackwardInput, linear_backward_input)                                                            \
  RUN(LinearBackwardWeight, linear_backward_weight)                                                          \
  RUN(NormForward, norm_forward)                                                                             \
  RUN(NormBackwardInput, norm_backward_input)                                                                \
  RUN(NormBackwardWeight, norm_backward_weight)                                                              \
  RUN(ActivationForward, activation_forward)                                                                 \
  RUN(ActivationBackward, activation_backward)                                                               \
  RUN(Dropout, dropout)                                                                                      \
  RUN(Loss, loss)                                                                                            \
  RUN(Scores, scores)                                                                                        \
  RUN(InputsForward, inputs_forward)                                                                         \
  RUN(EmbeddingBackward, embedding_backward)

// What the edges need of a device: memory, and the operators, each on all of its tasks.
class EdgeDevice {
public:
  virtual ~EdgeDevice() = default;
  virtual void *place(const void *bytes, size_t length) = 0; // a copy in the device's memory, until clear
  virtual void fetch(void *to, const void *from, size_t length) = 0;
  virtual void clear() = 0;

#define RUN(Arguments, name) virtual void run(const Arguments &arguments) = 0;
  EDGE_OPERATORS(RUN)
#undef RUN
};

// One line of tests/golden/edges.sha256.
struct EdgeGroup {
  const char *name;
  void (*run)(EdgeDevice &device, class EdgeResults &results);
};
const std::vector<EdgeGroup> &edge_groups();

// SHA-256 of all results of a group, in hex; every NaN counts as one.
std::string edge_digest(const EdgeGroup &group, EdgeDevice &device);

// The digests of the file, by name of the group.
std::map<std::string, std::string> edge_goldens();

#endif

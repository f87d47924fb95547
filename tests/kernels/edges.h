// Digests of every operator on shapes around all edges of tiles, leaves, grains, cuts, blocks and runs, on
// any device.
#ifndef INGOT_TESTS_KERNELS_EDGES_H
#define INGOT_TESTS_KERNELS_EDGES_H

#include <map>
#include <string>
#include <vector>

extern "C" {
#include "kernels/operators.h"
}

// What the edges need of a device: memory, and the operators, each on all of its tasks.
class EdgeDevice {
public:
  virtual ~EdgeDevice() = default;
  virtual void *place(const void *bytes, size_t length) = 0; // a copy in the device's memory, until clear
  virtual void fetch(void *to, const void *from, size_t length) = 0;
  virtual void clear() = 0;

#define OPERATOR(name, Arguments, least) virtual void name(const Arguments &arguments) = 0;
#include "kernels/operators.inc"
#undef OPERATOR
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

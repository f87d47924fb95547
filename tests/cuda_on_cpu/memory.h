// Device memory of the grid on a CPU: blocks that end where access faults, closed to host code.
//
// A block ends at a page that nobody may touch, its last bytes up to a multiple of 256 are watched; where the
// processor has protection keys, host code that touches device memory faults as well.
#ifndef INGOT_TESTS_CUDA_ON_CPU_MEMORY_H
#define INGOT_TESTS_CUDA_ON_CPU_MEMORY_H

#include <stddef.h>

namespace cpu_grid {

// Whether the environment's INGOT_GRID_DEVICE makes the device this: no_driver, old_driver, no_device,
// small; no_image: it starts no kernel, no_graphs: it has no memory for them, misaligned: none of them runs.
bool environment_says(const char *kind);

size_t device_bytes();               // 4 GiB, or 1 MiB where the environment's INGOT_GRID_DEVICE is `small`
void *device_allocate(size_t bytes); // filled with NaN; NULL when device_bytes are used up
bool device_release(void *block);    // false: not one of device_allocate
size_t device_free_bytes();
bool device_holds(const void *address, size_t bytes); // inside one block

// Describes an address next to or inside a block: "4 bytes after the end of a block of 400 bytes".
void device_describe(char *text, size_t size, const void *address);
// What was written beside a block since the last call, described; false if nothing was.
bool device_overwritten(char *text, size_t size);

// While one of these lives this thread may touch device memory.
struct DeviceAccess {
  DeviceAccess();
  ~DeviceAccess();
};
bool device_is_closed_to_host(); // the processor has protection keys

} // namespace cpu_grid

#endif

// Memory that a computation needs on a device, planned before it is allocated, with host copies where the
// host needs them too.
//
// The same code runs twice: taking from an empty DeviceMemory only measures; after device_memory_allocate it
// hands out.
#ifndef INGOT_ENGINE_DEVICE_DEVICE_MEMORY_H
#define INGOT_ENGINE_DEVICE_DEVICE_MEMORY_H

#include "engine/device/device.h"
#include "engine/shared/arena.h"

typedef struct DeviceMemory {
  Device *device;
  Arena own;  // in the device's memory
  Arena host; // host copies; empty where the device works in the host's memory
} DeviceMemory;

// A block that host and device both need: one where the device works in the host's memory, else two.
typedef struct Mirror {
  void *device, *host;
  size_t bytes;
} Mirror;

// count * size bytes on the device, zero, aligned to 64; NULL while measuring.
void *device_memory_take(DeviceMemory *memory, int64_t count, size_t size);
Mirror device_memory_mirror(DeviceMemory *memory, int64_t count, size_t size);

// Bytes taken so far, device and host.
size_t device_memory_bytes(const DeviceMemory *memory);

// Allocates what was measured and starts over; 69 where device or host do not give it.
Status device_memory_allocate(DeviceMemory *memory, Error *error);
void device_memory_free(DeviceMemory *memory);

// The whole block to the device, or back (waits).
Status mirror_send(Device *device, const Mirror *mirror, Error *error);
Status mirror_fetch(Device *device, const Mirror *mirror, Error *error);

#endif

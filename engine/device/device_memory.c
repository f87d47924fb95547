// Planned memory on a device and its host copies.
#include "engine/device/device_memory.h"

void *device_memory_take(DeviceMemory *memory, int64_t count, size_t size) {
  return arena_take(&memory->own, count, size);
}

Mirror device_memory_mirror(DeviceMemory *memory, int64_t count, size_t size) {
  Mirror mirror = {.bytes = (size_t)count * size};
  mirror.device = arena_take(&memory->own, count, size);
  mirror.host =
      device_shares_host_memory(memory->device) ? mirror.device : arena_take(&memory->host, count, size);
  return mirror;
}

size_t device_memory_bytes(const DeviceMemory *memory) {
  return memory->own.size + memory->host.size;
}

Status device_memory_allocate(DeviceMemory *memory, Error *error) {
  void *block;
  PASS(device_allocate(memory->device, &block, memory->own.size, error));
  memory->own = (Arena){block, 0};
  return memory->host.size == 0 ? STATUS_OK : arena_allocate(&memory->host, error);
}

void device_memory_free(DeviceMemory *memory) {
  if (memory->device == NULL) return;
  device_release(memory->device, memory->own.base);
  arena_free(&memory->host);
  *memory = (DeviceMemory){0};
}

Status mirror_send(Device *device, const Mirror *mirror, Error *error) {
  return device_copy_in(device, mirror->device, mirror->host, mirror->bytes, error);
}

Status mirror_fetch(Device *device, const Mirror *mirror, Error *error) {
  return device_copy_out(device, mirror->host, mirror->device, mirror->bytes, error);
}

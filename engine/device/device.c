// Calls of a device by way of its interface.
#include "engine/device/device_interface.h"

void device_free(Device *device) {
  if (device != NULL) device->interface->free(device);
}

const char *device_kind(const Device *device) {
  return device->interface->kind;
}
const char *device_isa(const Device *device) {
  return device->interface->isa(device);
}
int device_threads(const Device *device) {
  return device->interface->threads(device);
}
void device_describe(char text[DEVICE_TEXT], const Device *device) {
  device->interface->describe(text, device);
}
int device_shares_host_memory(const Device *device) {
  return device->interface->shares_host_memory;
}
int device_window(const Device *device) {
  return device->interface->window;
}
int device_pass_rows(const Device *device) {
  return device->interface->pass_rows;
}
size_t device_own_bytes(const Device *device) {
  return device->interface->own_bytes;
}
size_t device_free_bytes(const Device *device) {
  return device->interface->free_bytes(device);
}

Status device_allocate(Device *device, void **block, size_t bytes, Error *error) {
  return device->interface->allocate(device, block, bytes, error);
}
void device_release(Device *device, void *block) {
  if (block != NULL) device->interface->release(device, block);
}
Status device_copy_in(Device *device, void *to, const void *from, size_t bytes, Error *error) {
  return bytes == 0 ? STATUS_OK : device->interface->copy_in(device, to, from, bytes, error);
}
Status device_copy_out(Device *device, void *to, const void *from, size_t bytes, Error *error) {
  return bytes == 0 ? STATUS_OK : device->interface->copy_out(device, to, from, bytes, error);
}
Status device_synchronise(Device *device, Error *error) {
  return device->interface->synchronise(device, error);
}

Status device_start_timer(Device *device, Error *error) {
  return device->interface->start_timer == NULL ? STATUS_OK : device->interface->start_timer(device, error);
}
Status device_stop_timer(Device *device, double *seconds, Error *error) {
  *seconds = 0;
  if (device->interface->stop_timer == NULL) return device->interface->synchronise(device, error);
  return device->interface->stop_timer(device, seconds, error);
}

int device_replay(Device *device, uint64_t key) {
  return device->interface->replay != NULL && device->interface->replay(device, key);
}
Status device_begin_step(Device *device, Error *error) {
  return device->interface->begin_step == NULL ? STATUS_OK : device->interface->begin_step(device, error);
}
Status device_end_step(Device *device, uint64_t key, Error *error) {
  return device->interface->end_step == NULL ? STATUS_OK : device->interface->end_step(device, key, error);
}

#define OPERATOR(name, Arguments, least)                                                                     \
  void device_##name(Device *device, const Arguments *arguments) {                                           \
    device->interface->name(device, arguments);                                                              \
  }
#include "kernels/operators.inc"
#undef OPERATOR

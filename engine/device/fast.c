// Fast mode by way of a device's interface.
#include "engine/device/fast.h"

#include "engine/device/device_interface.h"

#include <stdio.h>

Status device_make_fast(Device *device, FastOperands operands, Error *error) {
  if (device->interface->fast != NULL) return device->interface->fast->make_fast(device, operands, error);
  return error_set(
      error, STATUS_UNAVAILABLE,
      "numerics.id f1 is the fast mode of GPUs, and a CPU has none: say --device cuda where a GPU is, "
      "or train with numerics.id: x1, which gives the same bits on both");
}

int device_is_fast(const Device *device) {
  return device_pins(device) != NULL;
}

const ProductPins *device_pins(const Device *device) {
  return device->interface->fast == NULL ? NULL : device->interface->fast->pins(device);
}

Status device_use_pins(Device *device, const ProductPins *pins, Error *error) {
  return device->interface->fast->use_pins(device, pins, error);
}

Status device_pin(Device *device, const ProductShape *shape, Error *error) {
  return device_is_fast(device) ? device->interface->fast->pin(device, shape, error) : STATUS_OK;
}

size_t device_product_bytes(const Device *device, const ProductShape *shape) {
  return device_is_fast(device) ? device->interface->fast->product_bytes(device, shape) : 0;
}

void device_set_product_workspace(Device *device, void *workspace, size_t bytes) {
  if (device_is_fast(device)) device->interface->fast->set_workspace(device, workspace, bytes);
}

void fast_version_text(char text[24], int version) {
  snprintf(text, 24, "%d.%d.%d", version / 10000, version / 100 % 100, version % 100);
}

// Private to engine/device: what a kind of device implements. Every function is required unless it says
// optional.
#ifndef INGOT_ENGINE_DEVICE_DEVICE_INTERFACE_H
#define INGOT_ENGINE_DEVICE_DEVICE_INTERFACE_H

#include "engine/device/fast.h"

// Fast mode: the functions of fast.h, on a device that has it; all but make_fast once that succeeded.
typedef struct FastInterface {
  Status (*make_fast)(Device *device, FastOperands operands, Error *error);
  const ProductPins *(*pins)(const Device *device); // NULL in exact mode
  Status (*use_pins)(Device *device, const ProductPins *pins, Error *error);
  Status (*pin)(Device *device, const ProductShape *shape, Error *error);
  size_t (*product_bytes)(const Device *device, const ProductShape *shape);
  void (*set_workspace)(Device *device, void *workspace, size_t bytes);
} FastInterface;

typedef struct DeviceInterface {
  const char *kind;
  int shares_host_memory, window, pass_rows;
  size_t own_bytes; // of its memory, taken as long as it is open
  void (*free)(Device *device);
  const char *(*isa)(const Device *device);
  int (*threads)(const Device *device);
  void (*describe)(char text[DEVICE_TEXT], const Device *device);
  size_t (*free_bytes)(const Device *device);
  Status (*allocate)(Device *device, void **block, size_t bytes, Error *error);
  void (*release)(Device *device, void *block);
  Status (*copy_in)(Device *device, void *to, const void *from, size_t bytes, Error *error);
  Status (*copy_out)(Device *device, void *to, const void *from, size_t bytes, Error *error);
  Status (*synchronise)(Device *device, Error *error);
  // Optional, together: the device's own clock.
  Status (*start_timer)(Device *device, Error *error);
  Status (*stop_timer)(Device *device, double *seconds, Error *error);
  // Optional, together: recording steps.
  int (*replay)(Device *device, uint64_t key);
  Status (*begin_step)(Device *device, Error *error);
  Status (*end_step)(Device *device, uint64_t key, Error *error);
  const FastInterface *fast; // optional
#define OPERATOR(name, Arguments, least) void (*name)(Device * device, const Arguments *arguments);
#include "kernels/operators.inc"
#undef OPERATOR
} DeviceInterface;

struct Device {
  const DeviceInterface *interface;
};

// Known answers of the arithmetic, through the device's operators and memory; 69 with a sentence where one is
// wrong.
Status device_self_test(Device *device, Error *error);

#endif

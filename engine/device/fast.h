// Fast mode of a device (numerics f1, kernels/product/fast.h): products by another library, each shape's
// algorithm pinned before the first step.
//
//   device_make_fast, perhaps device_use_pins, device_pin for every shape, device_set_product_workspace,
//   operators.
// In exact mode device_pin and device_product_bytes are nothing.
#ifndef INGOT_ENGINE_DEVICE_FAST_H
#define INGOT_ENGINE_DEVICE_FAST_H

#include "engine/device/device.h"
#include "kernels/product/fast.h"

// Its linear operators are those of fast mode from now on. 69 with the reason where it has none: a CPU, or a
// GPU without cuBLASLt.
Status device_make_fast(Device *device, FastOperands operands, Error *error);
int device_is_fast(const Device *device);

// Algorithms of an earlier run, copied: from now on no other is taken. 69 where they are another GPU's or
// another version's.
Status device_use_pins(Device *device, const ProductPins *pins, Error *error);

// Makes products of a shape ready; chooses an algorithm where no run's are used. 69 where there is none,
// where the run has none for this shape, or where it cannot be used here. Not between begin_step and
// end_step.
Status device_pin(Device *device, const ProductShape *shape, Error *error);

// The algorithms in use, or chosen so far; NULL in exact mode.
const ProductPins *device_pins(const Device *device);

// Workspace that a product of this shape needs; and the workspace itself, for the largest of them.
size_t device_product_bytes(const Device *device, const ProductShape *shape);
void device_set_product_workspace(Device *device, void *workspace, size_t bytes);

// "13.1.0"
void fast_version_text(char text[24], int version);

#endif

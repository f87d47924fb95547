// The table of operators of one device or instruction set, and how its entries are named and called.
//
// An operator works on tasks: independent pieces, each output element written by exactly one of them (or
// added to by integer addition, which has no order). Any cut of [0, tasks) gives the same bits, so threads
// are the caller's business. Operators never allocate, never fail: what a value does wrong is reported in
// the flags of its arguments (kernels/shared/flags.h).
#ifndef INGOT_KERNELS_OPERATORS_H
#define INGOT_KERNELS_OPERATORS_H

#include "kernels/gather_scatter/gather_scatter.h"
#include "kernels/map/map.h"
#include "kernels/optimizer/optimizer.h"
#include "kernels/product/product.h"
#include "kernels/row_reduction/row_reduction.h"

#include <stdint.h>

typedef enum OperatorId {
#define OPERATOR(name, Arguments, least) OPERATOR_##name,
#include "kernels/operators.inc"
#undef OPERATOR
  OPERATOR_COUNT
} OperatorId;

typedef struct Operators {
#define OPERATOR(name, Arguments, least)                                                                     \
  void (*name)(const Arguments *arguments, int64_t first, int64_t last);
#include "kernels/operators.inc"
#undef OPERATOR
} Operators;

// How many tasks an operator has; the same for every instruction set.
#define OPERATOR(name, Arguments, least) int64_t name##_tasks(const Arguments *arguments);
#include "kernels/operators.inc"
#undef OPERATOR

// One operator per instruction set: linear_forward_avx2 ...
#define OPERATOR(name, Arguments, least)                                                                     \
  void name##_portable(const Arguments *arguments, int64_t first, int64_t last);                             \
  void name##_avx2(const Arguments *arguments, int64_t first, int64_t last);                                 \
  void name##_avx512(const Arguments *arguments, int64_t first, int64_t last);
#include "kernels/operators.inc"
#undef OPERATOR

// "linear_forward" ...
const char *operator_name(OperatorId id);

// The names of all instruction sets, "portable", "avx2", "avx512", the plainest first; NULL behind the last.
const char *operators_isa(int number);

// The CPU's tables. isa is one of these names; NULL for others, and where this processor or build lacks it.
const Operators *operators_cpu(const char *isa);

// The best instruction set of this processor, as operators_cpu takes it; NULL if it has no FMA.
const char *operators_best_isa(void);

#endif

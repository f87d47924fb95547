// Operators as work that can be repeated on any device: their arguments for a size, and how much they do.
#ifndef INGOT_TOOLS_BENCH_OPERATORS_ARGUMENTS_H
#define INGOT_TOOLS_BENCH_OPERATORS_ARGUMENTS_H

#include "tools/bench/bench.h"

// Rows of every embedding table, and elements of a row.
enum { BENCH_TABLE_ROWS = 1000, BENCH_EMBED = 16 };

// Sizes, as an operator reads them:
//   linear_*                rows, outputs, inputs
//   norm_*, dropout         rows of `outputs` columns
//   activation_*            rows of `outputs` columns, by gelu
//   loss, scores            rows; outputs 1: binary, else so many classes
//   inputs_forward          rows, gathered in a shuffled order from so many: `outputs` numbers and `inputs`
//                           categories each
//   embedding_backward      rows, of `inputs` categories each
//   the others              rows: elements of a flat array; batch_rows: row numbers
typedef struct OperatorWork {
  OperatorId id;
  int64_t rows, outputs, inputs; // 0 where there is none
} OperatorWork;

typedef union OperatorArguments {
#define OPERATOR(name, Arguments, least) Arguments name;
#include "kernels/operators.inc"
#undef OPERATOR
} OperatorArguments;

// Takes and fills what the operator reads and writes: the same bits on every device.
Status operator_arguments(OperatorArguments *arguments, Bench *bench, const OperatorWork *work, Error *error);

// Enqueues the operator.
void operator_run(Device *device, OperatorId id, const OperatorArguments *arguments);

// An operator with its arguments, and the work that runs it: the context is an OperatorCall.
typedef struct OperatorCall {
  OperatorWork work;
  OperatorArguments arguments;
} OperatorCall;

Status operator_call(Bench *bench, void *call, Error *error);

int operator_is_product(OperatorId id); // what multiply-adds limit; the others memory

// Floating-point operations of a product; of other operators the bytes of every array, once for each reading
// and writing of it.
double operator_amount(const OperatorWork *work);

#endif

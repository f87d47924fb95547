// Operators checked, then timed, alone or beside other libraries.
#ifndef INGOT_TOOLS_BENCH_OPERATORS_RUN_H
#define INGOT_TOOLS_BENCH_OPERATORS_RUN_H

#include "tools/bench/operators/cases.h"
#include "tools/bench/operators/peer.h"

enum { PEERS_MAX = 8 };

// Times of one case: ours, and the best way of each peer (none where it is no product).
typedef struct OperatorTimes {
  BenchTimes ours, peers[PEERS_MAX];
  int peer_count;
} OperatorTimes;

typedef struct OperatorRun {
  Device *device;
  int samples, tiny; // as Bench has them
  int is_checked;    // the check is left out: another run had it
  const OperatorCase *const *cases;
  int case_count;
  Peer *const *peers;
  int peer_count;
  void *context;
  // Optional: called before a case is checked or timed.
  void (*begin)(void *context, const OperatorCase *c, int is_check);
  // required. Called after a case was timed; `times` is freed on return.
  void (*result)(void *context, const OperatorCase *c, const OperatorTimes *times);
} OperatorRun;

// First runs every case once on the device and on one thread of the portable instruction set, and compares
// all that they left in memory bit by bit. 69 with a sentence where two bits differ: then nothing is timed.
Status operator_run_all(const OperatorRun *run, Error *error);

// The check alone, against a device of one's own choice.
Status operator_check(const OperatorCase *c, Device *device, Device *reference, Error *error);

#endif

// Libraries of other people whose matrix products ours are timed against: oneDNN and OpenBLAS, loaded when
// asked for.
#ifndef INGOT_TOOLS_BENCH_OPERATORS_PEER_H
#define INGOT_TOOLS_BENCH_OPERATORS_PEER_H

#include "tools/bench/operators/arguments.h"

typedef struct Peer Peer;

// Leaves this process so many cores at most: every library takes as many threads as there are cores. Before
// the first library is loaded.
Status peer_limit_cores(int threads, Error *error);

// By a path or a soname. 66 where it cannot be loaded; 65 where it is neither library, or gets a product of
// whole numbers wrong. The floating-point state of this thread stays as it was.
Status peer_open(Peer **peer, const char *library, int threads, Error *error);
void peer_close(Peer *peer); // NULL is fine; the library stays loaded

const char *peer_library(const Peer *peer); // as peer_open got it
const char *peer_name(const Peer *peer);    // "oneDNN 3.1.0, tbb", "OpenBLAS 0.3.21 ..."

// The plain product of the same operands; `result` has room for it, in binary32.
typedef struct PeerProduct {
  const Peer *peer;
  int way;           // one of peer_ways
  OperatorWork work; // a product
  float *result;
  const float *a, *b; // forward: x, w; backward input: dy, w; backward weight: dy, x
} PeerProduct;

int peer_ways(const Peer *peer, const OperatorWork *work); // ways to compute it, of which the best counts
Status peer_work(Bench *bench, void *product, Error *error);

#endif

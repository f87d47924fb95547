// Multiply-adds in registers, in as many independent chains as hide their latency.
#include "kernels/peak/peak.h"
#include "kernels/shared/isa.h"
#include "kernels/shared/vector.h"

enum { CHAINS = VECTOR_REGISTERS > 16 ? 16 : 12 }; // beside factor and summand

int64_t ISA_NAME(peak)(float values[PEAK_VALUES], int64_t rounds) {
  Vector chains[CHAINS], factor = VECTOR_ALL(values[0]), summand = VECTOR_ALL(values[1]);
  for (int c = 0; c < CHAINS; c++) chains[c] = VECTOR_ALL((float)c);
  for (int64_t i = 0; i < rounds; i++) {
    for (int c = 0; c < CHAINS; c++) chains[c] = VECTOR_FMA(chains[c], factor, summand);
  }
  for (int c = 1; c < CHAINS; c++) chains[0] = VECTOR_ADD(chains[0], chains[c]);
  values[2] = vector_tree(chains[0]);
  return (int64_t)2 * VECTOR_LANES * CHAINS * rounds;
}

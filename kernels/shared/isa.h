// Names of functions that are compiled once per instruction set: ISA_NAME(f) is f_portable, f_avx2 or
// f_avx512.
#ifndef INGOT_KERNELS_SHARED_ISA_H
#define INGOT_KERNELS_SHARED_ISA_H

#ifdef __FAST_MATH__
#error "fast-math breaks every promise of this program: build without it"
#endif

#define ISA_JOIN_(name, isa) name##_##isa
#define ISA_JOIN(name, isa) ISA_JOIN_(name, isa)
#define ISA_NAME(name) ISA_JOIN(name, INGOT_ISA)

#endif

#!/usr/bin/env bash
# The long form of the scalar tests: every scalar function on all 2^32 arguments.
set -euo pipefail

usage() {
  cat <<'TEXT'
Usage: tools/sweep.sh [--digests | --if-changed]
  (nothing)     for each instruction set the digests (tests/golden/scalar.sha256), then the largest error in ulp and
                where it is: some 60 core-minutes
  --digests     the digests alone, of this processor's best instruction set: some 3 core-minutes
  --if-changed  the same, but only where the functions' sources or digests are not those of the last sweep that agreed
Ends with 1 where a digest is not the golden one. A sweep that agrees keeps what it has seen in
tests/golden/scalar_sources.sha256, but for CI.
TEXT
}

sweep=full tests=Golden.ScalarFunctions:Scalar.ExponentialsOfVectorsHaveTheirBits:Scalar.ErrorsStayWithinTheirBounds if_changed=''
[ $# -le 1 ] || { usage >&2 && exit 2; }
case "${1:-}" in
'') ;;
--digests | --if-changed)
  sweep=best tests=Golden.ScalarFunctions:Scalar.ExponentialsOfVectorsHaveTheirBits
  [ "$1" = --digests ] || if_changed=yes
  ;;
-h | --help) usage && exit 0 ;;
*) usage >&2 && exit 2 ;;
esac

cd "$(dirname "$0")/.."
sources=(kernels/shared/scalar.h kernels/shared/scalars.inc kernels/shared/arithmetic.h kernels/shared/vector_exp.h
  kernels/map/derivatives.h tests/golden/scalar.sha256)
seen=tests/golden/scalar_sources.sha256
if [ -n "$if_changed" ] && [ "$(sha256sum "${sources[@]}")" = "$(cat "$seen")" ]; then
  echo "sweep: the scalar functions are those of the last sweep"
  exit 0
fi
tools/setup.sh test
cmake --preset release >/dev/null
cmake --build --preset release --target test_kernels | tail -n 1
INGOT_SWEEP=$sweep build/release/test_kernels --gtest_filter="$tests"
if [ -n "${CI:-}" ]; then
  echo "sweep: the digests are the golden ones; tools/sweep.sh --digests, run by hand, keeps that in $seen"
else
  sha256sum "${sources[@]}" >"$seen"
fi

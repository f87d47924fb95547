#!/usr/bin/env bash
# The long form of the scalar tests, some 45 core-minutes: every scalar function on all 2^32 arguments; prints
# the digest for each instruction set (tests/golden/scalar.sha256), then the largest error in ulp and where it is.
set -euo pipefail
cd "$(dirname "$0")/.."
tools/setup.sh test
cmake --preset release >/dev/null
cmake --build --preset release --target test_kernels | tail -n 1
INGOT_SWEEP=full build/release/test_kernels --gtest_filter=Golden.ScalarFunctions:Scalar.ErrorsStayWithinTheirBounds

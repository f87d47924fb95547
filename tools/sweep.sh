#!/usr/bin/env bash
# The long form of the scalar tests: all 2^32 arguments of every scalar function against tests/golden/scalar.sha256.
set -euo pipefail
cd "$(dirname "$0")/.."
tools/setup.sh test
cmake --preset release >/dev/null
cmake --build --preset release --target test_kernels | tail -n 1
INGOT_SWEEP=full build/release/test_kernels --gtest_filter=Golden.ScalarFunctions

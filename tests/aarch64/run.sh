#!/usr/bin/env bash
# Builds test_aarch64 in the folder $1 and runs it under qemu-aarch64; 77 with the reason where this machine cannot.
set -euo pipefail

source=$(cd "$(dirname "$0")" && pwd)
for needed in aarch64-linux-gnu-gcc aarch64-linux-gnu-g++ qemu-aarch64; do
  if ! command -v "$needed" >/dev/null; then
    printf 'aarch64: Skipped\nno %s here (tools/setup.sh test installs it)\n' "$needed"
    exit 77
  fi
done

cmake -S "$source" -B "$1" -G Ninja -DCMAKE_BUILD_TYPE=Release -DCMAKE_SYSTEM_NAME=Linux \
  -DCMAKE_SYSTEM_PROCESSOR=aarch64 -DCMAKE_C_COMPILER=aarch64-linux-gnu-gcc \
  -DCMAKE_CXX_COMPILER=aarch64-linux-gnu-g++ >/dev/null
cmake --build "$1"
exec qemu-aarch64 -L /usr/aarch64-linux-gnu "$1/test_aarch64" "${@:2}"

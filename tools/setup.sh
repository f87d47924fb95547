#!/usr/bin/env bash
# Installs what a bare Debian 12 machine lacks to build and run Ingot (run), to test it (test), to benchmark it (bench).
set -euo pipefail

usage() {
  cat <<'TEXT'
Usage: tools/setup.sh [run|test|bench]
  run    compilers and libraries to build and use ingot (the default)
  test   run, and what the tests need
  bench  test, and the peers' libraries that Debian has; tools/bench/environment.sh installs the others
Needs root or sudo where a package is missing; does nothing where none is.
TEXT
}

run_packages=(gcc g++ cmake ninja-build pkg-config libhdf5-dev libfyaml-dev libjansson-dev libssl-dev libsqlite3-dev
  libdeflate-dev liblz4-dev libzstd-dev librandom123-dev libgtest-dev libboost-context-dev python3)
test_packages=(clang-14 libclang-rt-14-dev clang-format-14 locales python3-scipy python3-sklearn
  python3-statsmodels python3-torch r-base-core r-cran-proc chromium qemu-user gcc-aarch64-linux-gnu
  g++-aarch64-linux-gnu libc6-dev-arm64-cross)
bench_packages=(libdnnl2 libopenblas0-pthread python3-venv python3-dev)

case "${1:-run}" in
run) packages=("${run_packages[@]}") ;;
test) packages=("${run_packages[@]}" "${test_packages[@]}") ;;
bench) packages=("${run_packages[@]}" "${test_packages[@]}" "${bench_packages[@]}") ;;
-h | --help) usage && exit 0 ;;
*) usage >&2 && exit 2 ;;
esac

missing=()
for package in "${packages[@]}"; do
  dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' || missing+=("$package")
done

if [ "${#missing[@]}" -gt 0 ]; then
  as_root=()
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || {
      echo "setup: ${missing[*]} must be installed: run this as root, or install sudo" >&2
      exit 69
    }
    as_root=(sudo)
  fi
  echo "setup: installing ${missing[*]}"
  "${as_root[@]}" apt-get update -qq
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
fi

if command -v nvcc >/dev/null; then
  echo "setup: CUDA toolkit found at $(command -v nvcc): the GPU library can be built (cmake -DINGOT_CUDA=OFF leaves it out)"
else
  echo "setup: no CUDA toolkit (nvcc) here: skipped, the CPU needs none"
fi
echo "setup: complete"

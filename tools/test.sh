#!/usr/bin/env bash
# Sets up, builds and runs all tests; prints every skip with its reason and ends with 'N passed, N failed, N skipped'.
set -euo pipefail

usage() {
  cat <<'TEXT'
Usage: tools/test.sh [--preset NAME] [-R REGEX]
  --preset NAME  release (default), debug, clang, asan or tsan
  -R REGEX       only tests whose name matches, as ctest takes it
TEXT
}

preset=release
filter=.
while [ $# -gt 0 ]; do
  case "$1" in
  --preset | -R)
    [ $# -ge 2 ] || { usage >&2 && exit 2; }
    if [ "$1" = -R ]; then filter=$2; else preset=$2; fi
    shift 2
    ;;
  -h | --help) usage && exit 0 ;;
  *) usage >&2 && exit 2 ;;
  esac
done

cd "$(dirname "$0")/.."
tools/setup.sh test
cmake --preset "$preset" >/dev/null
cmake --build --preset "$preset"
junit=$PWD/build/$preset/junit.xml
status=0
ctest --preset "$preset" -R "$filter" --output-junit "$junit" -j 2 >"build/$preset/ctest.log" || status=$?
[ "$status" -eq 0 ] || cat "build/$preset/ctest.log"
python3 tools/dev/summarise_tests.py "$junit" || status=1
exit "$status"

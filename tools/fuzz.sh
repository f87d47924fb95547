#!/usr/bin/env bash
# Fuzzes every parser with libFuzzer, each for some seconds, and ends with 'N fuzzers, N findings'.
set -euo pipefail

usage() {
  cat <<'TEXT'
Usage: tools/fuzz.sh [SECONDS] [FUZZER...]
  SECONDS  for each fuzzer; 60 by default
  FUZZER   names of tests/fuzz/targets.inc; all of them by default
What is found lies in build/fuzz/findings/<fuzzer>/; corpora grow in build/fuzz/corpus/. Ends with 1 where
something is found. Run again with one file: build/fuzz/fuzz_<fuzzer> FILE.
TEXT
}

case "${1:-60}" in
-h | --help) usage && exit 0 ;;
*[!0-9]*) usage >&2 && exit 2 ;;
*) seconds=${1:-60} ;;
esac
shift $(($# > 0 ? 1 : 0))

cd "$(dirname "$0")/.."
tools/setup.sh test
cmake --preset fuzz >/dev/null
cmake --build --preset fuzz
rm -rf build/fuzz/seeds && mkdir -p build/fuzz/seeds
build/fuzz/fuzz_seeds build/fuzz/seeds >build/fuzz/fuzzers.txt
[ $# -gt 0 ] || mapfile -t all <build/fuzz/fuzzers.txt
[ $# -gt 0 ] || set -- "${all[@]}"

findings=0
for fuzzer in "$@"; do
  mkdir -p "build/fuzz/corpus/$fuzzer" "build/fuzz/findings/$fuzzer"
  status=0
  "build/fuzz/fuzz_$fuzzer" "build/fuzz/corpus/$fuzzer" "build/fuzz/seeds/$fuzzer" -max_total_time="$seconds" \
    -max_len=65536 -timeout=20 -rss_limit_mb=4096 -artifact_prefix="build/fuzz/findings/$fuzzer/" -print_final_stats=1 \
    2>"build/fuzz/$fuzzer.log" || status=$?
  runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "build/fuzz/$fuzzer.log")
  if [ "$status" -eq 0 ]; then
    echo "$fuzzer: ${runs} inputs, nothing found"
  else
    findings=$((findings + 1))
    echo "$fuzzer: ended with $status, see build/fuzz/$fuzzer.log"
    grep -m1 -E "ERROR|runtime error|SUMMARY" "build/fuzz/$fuzzer.log" || true
  fi
done
echo "$# fuzzers, $findings findings"
[ "$findings" -eq 0 ]

#!/usr/bin/env bash
# The main job on a bare machine: set up, build, train two models, prove their bits, judge them, and print the verdict.
set -euo pipefail

usage() {
  cat <<'TEXT'
Usage: tools/demo.sh [--job]
Generates customers, trains a linear model and a network on them, reproduces the network's digest with other
threads, and asks whether the network may replace the linear model. Everything lands in build/demo.
  --job  without set-up and build: with the program in build/release
TEXT
}

build=yes
case "${1:-}" in
"") ;;
--job) build=no ;;
-h | --help) usage && exit 0 ;;
*) usage >&2 && exit 2 ;;
esac

cd "$(dirname "$0")/.."
if [ "$build" = yes ]; then
  tools/setup.sh run
  cmake --preset release >/dev/null
  cmake --build --preset release --target ingot churn_data | tail -n 1
fi
ingot=build/release/ingot
demo=build/demo
rm -rf "$demo"
mkdir -p "$demo"

step() { printf '\n== %s\n' "$1"; }

step "Data: 24,000 customers of a documented process, from CSV to HDF5"
build/release/churn_data 24000 1 >"$demo/customers.csv"
"$ingot" import "$demo/customers.csv" -o "$demo/customers.h5"
"$ingot" check configs/demo.yaml

step "Champion: the linear model"
"$ingot" train configs/demo_linear.yaml --run "$demo/champion"

step "Challenger: the network"
"$ingot" train configs/demo.yaml --run "$demo/challenger"

step "Proof: every digest recomputed, and the whole training again with one thread"
"$ingot" verify "$demo/challenger"
"$ingot" reproduce "$demo/challenger" --threads 1

step "Judgement of each, in money and in model metrics"
"$ingot" evaluate "$demo/champion"
"$ingot" evaluate "$demo/challenger"

step "Verdict"
"$ingot" compare "$demo/champion" "$demo/challenger" -o "$demo/comparison"
printf '\nThe page to look at: %s\n' "$PWD/$demo/comparison/report.html"

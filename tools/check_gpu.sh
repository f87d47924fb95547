#!/usr/bin/env bash
# Checks the GPU side on a machine with a GPU: `bundle` collects what that needs, `run` runs it there.
set -euo pipefail

usage() {
  cat <<'TEXT'
Usage: tools/check_gpu.sh bundle [--preset NAME | --grid] [DIR]
       DIR/check_gpu.sh run [RESULTS]
  bundle  builds, and collects program, CUDA library, shared libraries, tests, goldens and small data in DIR (default:
          build/gpu_check), at most 60 MiB, to be copied to a machine with a GPU: an NVIDIA driver and glibc 2.34 or
          later; for fast mode also the libcublasLt of its CUDA toolkit (where the loader finds it,
          LD_LIBRARY_PATH, or /usr/local/cuda)
          --preset NAME  what is built: package (default, code for several GPUs) or release
          --grid         with the grid of threads on a CPU instead of a GPU: tries the script, and proves nothing else
  run     there, in at most 8 minutes: self-test, every operator against the CPU, golden runs, runs resumed across
          devices, fast mode against exact mode where cuBLASLt is, the benchmark, and PyTorch's and compute-sanitizer where
          they are installed; all of it in RESULTS/results.json (default: DIR/results), a table last; exit 1 where anything
          failed
TEXT
}

LARGEST=$((60 * 1024 * 1024)) # bytes of a bundle
LONGEST=480                   # seconds of a run
# Of each operator the tests of few or small shapes.
sanitized='ProductCuda.LeavesEnd*:ProductCuda.SplitSumsKeep*:ProductCuda.OneOutput*:ProductCuda.AddendsOutOfRange*'
sanitized+=':GatherScatterCuda.*:LossCudaKinds.*:MapCuda.*:OptimizerCuda.*:RowReductionCuda.GradientNorm*:SumsCuda.TheTree*'

# ---- bundle ----

# Shared libraries that the programs in $1 need, but for those of glibc, whose own are never too old for the driver, and of gcc,
# which the grid alone needs.
needed_libraries() {
  ldd "$1"/* | awk '$2 == "=>" && $3 ~ /^\// { print $3 }' | sort -u |
    grep -Ev '/(libc|libm|libdl|librt|libpthread|libresolv|ld-linux[^/]*|libgcc_s|libstdc\+\+)\.so'
}

bundle() {
  local preset=package grid='' to
  while [ $# -gt 0 ]; do
    case "$1" in
    --preset) preset=$2 && shift 2 ;;
    --grid) grid=yes preset=release && shift ;;
    -*) usage >&2 && exit 2 ;;
    *) break ;;
    esac
  done
  cd "$(dirname "$0")/.."
  to=${1:-build/gpu_check}
  local build=build/$preset targets=(ingot churn_data ingot_cuda test_cuda_device ingot_gpu_bench)
  [ -z "$grid" ] || targets=(ingot churn_data ingot_cuda_on_cpu test_cuda ingot_gpu_bench)
  cmake --preset "$preset" >/dev/null
  if [ -z "$grid" ] && ! grep -q '^CMAKE_CUDA_COMPILER:[A-Z]*=/' "$build/CMakeCache.txt"; then
    echo "check_gpu: no CUDA compiler was found: nvcc must be in the PATH, or in CUDACXX" >&2
    exit 69
  fi
  cmake --build --preset "$preset" --target "${targets[@]}" | tail -n 1
  if [ -e "$to" ] && [ ! -e "$to/check_gpu.sh" ]; then
    echo "check_gpu: $to is there and is no bundle: name another folder, or remove it" >&2
    exit 73
  fi
  rm -rf "$to"
  mkdir -p "$to/bin" "$to/lib" "$to/data" "$to/tests"
  cp "$build/ingot" "$build/ingot_gpu_bench" "$to/bin/"
  if [ -z "$grid" ]; then
    cp "$build/test_cuda_device" "$build/libingot_cuda.so" "$to/bin/"
  else
    cp "$build/test_cuda" "$to/bin/test_cuda_device"
    cp "$build"/cuda_on_cpu/libingot_cuda.so "$build"/cuda_on_cpu/libcublasLt.so.* "$to/bin/"
    touch "$to/grid"
  fi
  strip --strip-unneeded "$to"/bin/*
  needed_libraries "$to/bin" | xargs -I{} cp -L {} "$to/lib/"
  if [ -z "$grid" ] && readelf -d "$to"/bin/* "$to"/lib/* | grep -E 'NEEDED.*(libstdc|libgcc_s)' >&2; then
    echo "check_gpu: a file needs gcc's libraries, which may be older on the other machine" >&2
    exit 1
  fi
  cp -r tests/golden "$to/tests/"
  cp tests/tools/small.yaml "$to/data/"
  "$build/churn_data" 5000 1 >"$to/data/customers.csv"
  cp tools/bench/gpu/peer_torch.py tools/check_gpu.sh "$to/"
  git rev-parse HEAD >"$to/commit" 2>/dev/null || echo unknown >"$to/commit"
  local bytes
  bytes=$(du -sb "$to" | cut -f1)
  if [ "$bytes" -gt "$LARGEST" ]; then
    echo "check_gpu: $to has $bytes bytes, more than $LARGEST" >&2
    exit 1
  fi
  echo "check_gpu: $to has $bytes bytes; on a machine with a GPU: $to/check_gpu.sh run"
}

# ---- run ----

# Text as the inside of a JSON string.
json_text() { tr -d '\000-\010\013-\037' | sed 's/\\/\\\\/g; s/"/\\"/g; s/\t/ /g' | awk '{ printf "%s%s", n++ ? "\\n" : "", $0 }'; }

# A command that may take $1 seconds, or what is left of the run.
limited() {
  local seconds=$1 left=$((LONGEST - SECONDS))
  [ "$seconds" -lt "$left" ] || seconds=$((left < 1 ? 1 : left))
  timeout -k 5 "$seconds" "${@:2}"
}

# A program of the bundle, with the bundle's libraries before the machine's, where the driver may be; $1: seconds it may
# take.
program() { limited "$1" env LD_LIBRARY_PATH="$libraries" "$here/bin/$2" "${@:3}"; }

# What a log says of a failure: of GoogleTest the first message of every failed test, and its name; else the last lines.
why() {
  if grep -q '^\[  FAILED  \]' "$1"; then
    awk '/: Failure$/ { kept = told ? 0 : 16; told = 1 } kept-- > 0 { print; next } /^\[  FAILED  \].*\(/ { print; told = 0 }' "$1" |
      head -n 100
  else
    tail -n 8 "$1"
  fi
}

# check NAME COMMAND...: runs it, and keeps what became of it. Exit 77 is a skip, its reason the last line. Not to be
# called in a condition, where bash would not end COMMAND at its first failure.
check() {
  local name=$1 log=$logs/$1.log status=failed detail='' code start=$SECONDS
  shift
  echo "check_gpu: $name" >&2
  set +e
  (set -e && "$@") >"$log" 2>&1
  code=$?
  set -e
  case $code in
  0) status=passed ;;
  77) status=skipped detail=$(tail -n 1 "$log") ;;
  124 | 137) detail="not done in time"$'\n'$(why "$log") ;;
  *) detail="exit code $code"$'\n'$(why "$log") ;;
  esac
  [ $status != failed ] || failures=$((failures + 1))
  printf '{"name": "%s", "status": "%s", "seconds": %d, "detail": "%s"}\n' "$name" $status $((SECONDS - start)) \
    "$(printf '%s' "$detail" | json_text)" >>"$logs/checks"
  printf '%-22s %-8s %4d s  %s\n' "$name" $status $((SECONDS - start)) "$(printf '%s' "$detail" | head -n 30)" >>"$logs/table"
}

doctor() {
  program 30 ingot doctor | tee "$logs/doctor.txt"
  awk '/^cuda:0$/{ found = 1; next } /^[^ ]/{ found = 0 } found && /self-test passed/{ ok = 1 } END { exit !ok }' "$logs/doctor.txt"
}

operators() { (cd "$here" && program 150 test_cuda_device --gtest_brief=1 --gtest_filter='-TrainingCuda.*:Fast*'); }
training() { (cd "$here" && program 120 test_cuda_device --gtest_brief=1 --gtest_filter='TrainingCuda.*'); }

# Products of fast mode against the exact ones within their bound, and training by them.
fast_products() {
  (cd "$here" && program 90 test_cuda_device --gtest_brief=1 --gtest_filter='Fast*') | tee "$logs/fast.txt"
  if grep -q ': Skipped$' "$logs/fast.txt"; then
    grep -A1 ': Skipped$' "$logs/fast.txt" | tail -n 1 && exit 77
  fi
}

# Runs of fast mode repeat themselves on this GPU.
fast_run() {
  local reason product
  reason=$(awk '/^cuda:0$/{ found = 1 } found && sub(/^ +fast mode +no: /, ""){ print; exit }' "$logs/doctor.txt")
  if [ -n "$reason" ]; then
    echo "$reason" && exit 77
  fi
  for product in tf32 bf16; do
    for run in fast again; do
      train "${run}_$product" cuda:0 --set numerics.id=f1 --set numerics.product=$product
    done
    expect "$(digest "again_$product")" "$(digest "fast_$product")" "the second run by $product"
    reproduce "fast_$product" cuda:0
  done
}

# Operator tests under a tool of compute-sanitizer, which makes them slow: those of few and small shapes.
sanitizer() {
  if ! command -v compute-sanitizer >/dev/null; then
    echo "compute-sanitizer is not in the PATH" && exit 77
  fi
  local code=0
  (cd "$here" && limited 45 env LD_LIBRARY_PATH="$libraries" compute-sanitizer --tool "$1" --error-exitcode 9 \
    bin/test_cuda_device --gtest_brief=1 --gtest_filter="$sanitized" 2>&1) | tee "$logs/$1.txt" || code=$?
  if grep -q 'Device not supported' "$logs/$1.txt"; then
    echo "compute-sanitizer cannot use this device" && exit 77
  fi
  return $code
}

# What the assembler made of the products for this GPU: fused multiply-adds, 16-byte loads of shared memory, and local memory only where
# a sum has several leaves, whose open subtrees lie there (without: template argument LEVELS = 0).
machine_code() {
  if [ -e "$here/grid" ]; then
    echo "the grid runs no machine code of a GPU" && exit 77
  fi
  if ! command -v cuobjdump >/dev/null; then
    echo "cuobjdump is not in the PATH" && exit 77
  fi
  local major arch
  major=$(sed -n 's/.*compute capability \([0-9]*\)\.[0-9]*,.*/\1/p' "$logs/doctor.txt" | head -n 1)
  arch=$(cuobjdump -lelf "$here/bin/libingot_cuda.so" | sed -n "s/.*\.\(sm_${major}[0-9]\)a\{0,1\}\.cubin.*/\1/p" | sort | tail -n 1)
  if [ -z "$arch" ]; then
    echo "the library holds PTX alone for compute capability $major.x: the driver compiles it" && exit 77
  fi
  cuobjdump -sass -arch "$arch" "$here/bin/libingot_cuda.so" |
    awk '/Function : /{ name = $NF } name !~ /product/{ next } / FFMA /{ fma[name]++ } /LDS\.128/{ wide[name]++ } / (LDL|STL)[. ]/{ local[name]++ }
      END { for (f in fma) { n++; printf "%s: %d FFMA, %d LDS.128, %d of local memory\n", f, fma[f], wide[f], local[f]; bad += wide[f] == 0 || (f ~ /ELi0E[0-9]+(Stored|Quantised)Result/ && local[f] > 0) }
            exit n == 0 || bad }'
}

train() { program 60 ingot train "$work/small.yaml" --run "$work/$1" --device "$2" -q "${@:3}"; }
digest() { program 30 ingot verify "$work/$1" --digest; }

# $2 says what $1 must be; $3: of what.
expect() {
  [ "$1" = "$2" ] || { echo "$3: $1, expected $2" && return 1; }
}

golden() {
  train "$1" "$2"
  expect "$(digest "$1")" "x1:$(cut -d' ' -f1 "$here/tests/golden/program.sha256")" "the golden run on $2"
  program 30 ingot predict "$work/$1" "$work/customers.h5" -o "$work/$1.csv" --device "$2" -q
}

same_scores() { cmp "$work/cpu.csv" "$work/gpu.csv"; }
reproduce() { program 60 ingot reproduce "$work/$1" --device "$2"; }

# A run that a signal ends on device $1 goes on at $2, to the digest of one that was never interrupted.
resume() {
  local run=$work/from_$1 epochs=500 options process code=0
  [ ! -e "$here/grid" ] || epochs=60
  options=(--set train.epochs=$epochs --set checkpoint.every='{epochs: 1}')
  [ -e "$work/whole" ] || train whole cpu "${options[@]}"
  timeout -k 5 60 env LD_LIBRARY_PATH="$libraries" "$here/bin/ingot" train "$work/small.yaml" --run "$run" --device "$1" -q \
    "${options[@]}" &
  process=$! # a signal to `timeout` goes on to the program
  for ((i = 0; i < 1000; i++)); do
    ! ls "$run"/checkpoints/step-* >/dev/null 2>&1 || break
    sleep 0.02
  done
  kill -TERM $process
  wait $process || code=$?
  expect $code 143 "exit code of the interrupted run"
  program 60 ingot resume "$run" --device "$2" -q
  expect "$(digest "from_$1")" "$(digest whole)" "the run from $1 to $2"
}

benchmark() { program "$bench_seconds" ingot_gpu_bench "${bench_options[@]}" | tee "$logs/ingot.lines"; }
peer() {
  if ! python3 -c 'import torch' 2>/dev/null; then
    echo "PyTorch is not installed: no columns of it" && exit 77
  fi
  limited 180 python3 "$here/peer_torch.py" "${peer_options[@]}" | tee "$logs/torch.lines"
}

# Lines of both benchmarks, joined by what they measured: JSON to $1, a table to $2.
join_benchmarks() {
  touch "$logs/ingot.lines" "$logs/torch.lines"
  awk -v json="$1" -v table="$2" '
    function text(key) { return match($0, "\"" key "\": \"[^\"]*\"") ? substr($0, RSTART + length(key) + 5, RLENGTH - length(key) - 6) : "" }
    function number(key) { return match($0, "\"" key "\": [-+0-9.e]+") ? substr($0, RSTART + length(key) + 4, RLENGTH - length(key) - 4) : "" }
    function ratio(a, b) { return b + 0 > 0 ? int(1000 * a / b + 0.5) / 1000 : "" }
    function row(a, b, c, d, e, f, g, h, i) { printf "%-44s %10s %10s %20s %10s %10s %-14s %7s %7s\n", a, b, c, d, e, f, g, h, i > table }
    { name = text("name"); ms = number("median_ms"); device = number("device_median_ms") }
    name == "" || ms == "" { next }
    FILENAME ~ /ingot.lines$/ { order[++n] = name; ours[name] = ms; ours_device[name] = device; rate[name] = number("rate") " " text("unit"); next }
    !(name in best) || ms + 0 < best[name] + 0 { best[name] = ms; best_device[name] = device; which[name] = text("variant") }
    END {
      row("benchmark, ms by wall clock and by the device", "ingot", "device", "rate", "PyTorch", "device", "best variant", "ratio", "device")
      for (i = 1; i <= n; i++) {
        name = order[i]
        peer = name in best ? best[name] : "absent"
        wall = ratio(ours[name], peer)
        device = ours_device[name] == "" ? "" : ratio(ours_device[name], best_device[name])
        row(name, ours[name], ours_device[name], rate[name], peer, best_device[name], which[name], wall, device)
        if (wall != "") printf "{\"name\": \"%s\", \"variant\": \"ratio: ingot / %s\", \"ratio\": %s%s}\n", name, which[name], wall, device == "" ? "" : ", \"device_ratio\": " device > json
      }
    }' "$logs/ingot.lines" "$logs/torch.lines"
  touch "$1"
}

# Lines of JSON as the inside of an array.
array() { cat "$@" | grep '^{' | sed '$!s/$/,/' || true; }

write_results() {
  join_benchmarks "$logs/ratios" "$logs/benchmark_table"
  {
    printf '{"commit": "%s", "host": "%s", "date": "%s", "device": "%s", "failures": %d,\n"doctor": "%s",\n"checks": [\n' \
      "$(cat "$here/commit")" "$(uname -n -r -m | json_text)" "$(date -u +%FT%TZ)" "$device" "$failures" "$(json_text <"$logs/doctor.txt")"
    array "$logs/checks"
    printf '],\n"benchmark": [\n'
    array "$logs/ingot.lines" "$logs/torch.lines" "$logs/ratios"
    printf ']}\n'
  } >"$results/results.json"
  printf '\n== Checks on %s\n' "$device"
  cat "$logs/table"
  printf '\n== Benchmark\n'
  cat "$logs/benchmark_table"
  printf '\ncheck_gpu: %d failed; everything is in %s\n' "$failures" "$results/results.json"
}

run() {
  here=$(cd "$(dirname "$0")" && pwd)
  results=${1:-$here/results}
  [ -e "$here/bin/ingot" ] || { echo "check_gpu: $here is no bundle: run the check_gpu.sh in one" >&2 && exit 2; }
  mkdir -p "$results"
  results=$(cd "$results" && pwd)
  logs=$results/logs work=$results/work
  libraries=$here/lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
  PATH=$PATH:/usr/local/cuda/bin # where the toolkit's programs usually are
  rm -rf "$logs" "$work"
  mkdir -p "$logs" "$work"
  failures=0 device=cuda:0 bench_seconds=120 bench_options=() peer_options=()
  if [ -e "$here/grid" ]; then
    device="cuda:0, a grid of threads on a CPU" bench_options=(--tiny) peer_options=(--tiny --cpu)
  fi
  cp "$here/data/small.yaml" "$work/"
  check self_test doctor
  if [ "$failures" -eq 0 ]; then
    check operators operators
    check golden_training training
    check data program 30 ingot import "$here/data/customers.csv" -o "$work/customers.h5"
    check golden_run_cpu golden cpu cpu
    check golden_run_gpu golden gpu cuda:0
    check same_scores same_scores
    check reproduce_on_gpu reproduce cpu cuda:0
    check reproduce_on_cpu reproduce gpu cpu
    check resume_cpu_to_gpu resume cpu cuda:0
    check resume_gpu_to_cpu resume cuda:0 cpu
    check fast_products fast_products
    check fast_run fast_run
    check machine_code machine_code
    check memcheck sanitizer memcheck
    check racecheck sanitizer racecheck
    check benchmark benchmark
    check benchmark_torch peer
  fi
  rm -rf "$work"
  write_results
  [ "$failures" -eq 0 ]
}

case "${1:-}" in
bundle) shift && bundle "$@" ;;
run) shift && run "$@" ;;
-h | --help) usage ;;
*) usage >&2 && exit 2 ;;
esac

#!/usr/bin/env python3
"""Checks the house rules: who may include whom, sizes, forbidden constructs, compile flags, format.

    check_house.py [ROOT] [--build DIR]   every violation as file:line: rule: sentence; exit 1 where there is one
    check_house.py --self-test            every rule against an example that breaks it

clang-format is run where it is installed (`clang-format-14` or `clang-format`); a machine without it says so.
"""
import argparse
import json
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

LAYERS = ["kernels", "engine", "io", "tools"]  # each may include itself and those before it
SOURCES = (".c", ".h", ".inc", ".cc", ".cu", ".cuh")
FUNCTION_LINES, KERNEL_LINES, FILE_LINES, FOLDER_FILES = 80, 120, 600, 20

LIBM = ("acos asin atan atan2 ceil cos cosh cbrt erf erfc exp exp2 expm1 fabs floor fma fmax fmin fmod hypot ldexp "
        "lgamma log log10 log1p log2 nearbyint pow rint round sin sinh sqrt tan tanh tgamma trunc").split()
LIBM_CALL = re.compile(r"(?<![\w.>])(?:%s)f?\s*\(" % "|".join(LIBM))

# (rule, pattern, folders, sentence); a folder "" means everywhere but tests.
FORBIDDEN = [
    ("libm", LIBM_CALL, ["kernels", "engine", "io"], "libm gives other bits elsewhere; use kernels/shared/scalar.h or engine/shared/math64.h"),
    ("libm", re.compile(r"#include <(math|tgmath|complex)\.h>"), ["kernels", "engine"], "libm gives other bits elsewhere"),
    ("openmp", re.compile(r"#pragma\s+omp|#include <omp\.h>"), [""], "OpenMP orders additions by threads; use the device's tasks"),
    ("fast-math", re.compile(r"fast-math|fast_math|associative-math|__attribute__\s*\(\(\s*optimize"), [""], "every rounding is written in the source"),
    ("float-atomics", re.compile(r"_Atomic\s+(float|double)|atomic_?[aA]dd\s*\([^,;]*\b(float|double)\b|omp atomic"), [""], "float atomics have no order"),
    ("exit", re.compile(r"(?<![\w.>])(?:exit|_exit|_Exit|quick_exit)\s*\("), ["kernels", "engine", "io"], "only tools/ may end the program; return a Status"),
    ("print", re.compile(r"(?<![\w.>])(?:printf|puts|putchar|perror|vprintf)\s*\(|\bf(?:printf|puts|putc)\s*\([^;]*\b(?:stdout|stderr)\b"), ["kernels", "engine", "io"], "only tools/ may print"),
    ("locale", re.compile(r"(?<![\w.>])(?:setlocale|uselocale|newlocale)\s*\("), [""], "the program stays in the C locale"),
    ("number-text", re.compile(r"(?<![\w.>])(?:atof|atoi|atol|atoll)\s*\("), ["kernels", "engine", "io"], "it hides errors; use strtod, strtoll and check them"),
    ("random", re.compile(r"(?<![\w.>])(?:rand|srand|drand48|random)\s*\("), [""], "the one generator is kernels/shared/philox.h"),
    ("unsafe-text", re.compile(r"(?<![\w.>])(?:gets|sprintf|vsprintf)\s*\("), [""], "use snprintf or io/shared/text.h"),
]

# In CUDA sources: what tests/cuda_on_cpu could not run stands in one header, and operators only enqueue.
GRID = Path("kernels/cuda/grid.cuh")
CUDA_FORBIDDEN = [
    ("grid", re.compile(r"<<<|\bcudaLaunch\w*|\b(?:threadIdx|blockIdx|blockDim|gridDim|warpSize)\b|\batomic[A-Z]\w*\s*\(|"
                        r"\b__(?:sync|shfl|ballot|pipeline|threadfence|activemask|ldg)\w*|\basm\b"),
     f"only {GRID} names the hardware; use its functions"),
    ("condition", re.compile(r"^\s*#\s*(?:if|ifdef|ifndef|elif|else)\b(?!\s+INGOT_\w+_CUH$)"),
     "one source for both compilers: no conditional compilation"),
]
OPERATOR_FORBIDDEN = ("runtime", re.compile(r"\bcuda[A-Z]\w*\s*\("), "operators only enqueue; calls of the runtime stand in kernels/cuda")

FOREIGN = {  # headers that a layer must not see
    "kernels": re.compile(r"#include <(hdf5|jansson|libfyaml|sqlite3|openssl/)"),
    "engine": re.compile(r"#include <(hdf5|jansson|libfyaml|sqlite3|libdeflate)"),
}


def code_of(text):
    """The text with comments and string contents blanked, line by line as before."""
    def blank(match):
        return re.sub(r"[^\n]", " ", match.group(0))
    return re.sub(r"//[^\n]*|/\*.*?\*/|\"(?:\\.|[^\"\\\n])*\"", blank, text, flags=re.S)


def layer_of(path):
    return path.parts[0] if path.parts[0] in LAYERS else None


def check_includes(path, text):
    layer = layer_of(path)
    if layer is None:
        return
    allowed = LAYERS[: LAYERS.index(layer) + 1]
    for number, line in enumerate(text.split("\n"), 1):
        match = re.match(r'\s*#include "([^"]+)"', line)
        if match:
            target = match.group(1)
            if target.split("/")[0] not in allowed:
                yield number, "dependency", f"{layer} may not include {target}"
            if path.parts[:2] == ("engine", "evaluate") and re.match(r"engine/(model|train|device)/", target):
                yield number, "dependency", f"engine/evaluate sees predictions only, not {target}"
        if layer in FOREIGN and FOREIGN[layer].match(line):
            yield number, "dependency", f"{layer} may not include {line.split()[1]}"


def functions_of(text):
    """(first line, lines) of each function of clang-formatted C or C++."""
    start = None
    for number, line in enumerate(text.split("\n"), 1):
        is_type = re.match(r"template\b.*\b(?:struct|class|union) \w+ {", line)
        opens = line.endswith("{") and not is_type and not line.startswith((" ", "#", "}", "namespace", "struct", "typedef", "enum", "union", "class", "extern"))
        if start is None and opens and "= {" not in line:
            start = number
        elif start is not None and line.startswith("}"):
            yield start, number - start + 1
            start = None


def check_sizes(path, text):
    lines = text.count("\n")
    if lines > FILE_LINES:
        yield 1, "file-size", f"{lines} lines; at most {FILE_LINES}"
    limit = KERNEL_LINES if path.parts[0] == "kernels" else FUNCTION_LINES
    for start, length in functions_of(text):
        if length > limit:
            yield start, "function-size", f"{length} lines; at most {limit}"


def check_purpose(path, text):
    if not re.match(r"(//|#|\"\"\"|/\*) ?\S", text):
        yield 1, "purpose", "a file begins with a sentence that says its purpose"


def check_forbidden(path, text):
    if path.parts[0] == "tests":
        return
    for number, line in enumerate(code_of(text).split("\n"), 1):
        for rule, pattern, folders, sentence in FORBIDDEN:
            if (folders == [""] or path.parts[0] in folders) and pattern.search(line):
                yield number, rule, sentence


def check_cuda(path, text):
    if path.parts[0] != "kernels" or path.suffix not in (".cu", ".cuh"):
        return
    rules = [] if path == GRID else list(CUDA_FORBIDDEN)
    if path.parts[1] != "cuda":
        rules.append(OPERATOR_FORBIDDEN)
    for number, line in enumerate(code_of(text).split("\n"), 1):
        for rule, pattern, sentence in rules:
            if pattern.search(line):
                yield number, rule, sentence


def check_text(path, text):
    for check in (check_includes, check_sizes, check_purpose, check_forbidden, check_cuda):
        for number, rule, sentence in check(path, text):
            yield f"{path}:{number}: {rule}: {sentence}"


def tracked(root):
    listed = subprocess.run(["git", "-C", root, "ls-files", "-co", "--exclude-standard"], capture_output=True, text=True)
    if listed.returncode == 0:
        names = listed.stdout.split("\n")
    else:  # an unpacked archive
        names = [str(p.relative_to(root)) for p in Path(root).rglob("*") if p.is_file() and "build" not in p.parts]
    return sorted({Path(name) for name in names if name and (Path(root) / name).is_file()})


def check_folders(files):
    counts = {}
    for path in files:
        counts.setdefault(path.parent, []).append(path)
    for folder, members in sorted(counts.items()):
        code = [p for p in members if p.suffix in SOURCES + (".py",)]
        if len(code) > FOLDER_FILES and folder.parts and folder.parts[0] != "tests":
            yield f"{folder}: folder-size: {len(code)} files; at most {FOLDER_FILES}"


def check_format(root, files):
    tool = shutil.which("clang-format-14") or shutil.which("clang-format")
    if tool is None:
        print("house: no clang-format here: format was not checked (tools/setup.sh test installs it)")
        return
    sources = [str(p) for p in files if p.suffix in SOURCES and p.suffix != ".inc"]
    result = subprocess.run([tool, "--dry-run", "-Werror", *sources], cwd=root, capture_output=True, text=True)
    places = re.findall(r"^(\S+?):(\d+):\d+: error", result.stderr, flags=re.M)
    for name, line in sorted({(name, int(line)) for name, line in places})[:20]:
        yield f"{name}:{line}: format: not as clang-format writes it; run clang-format -i {name}"


NVCC_FLAGS = ("-fmad=false", "-ftz=false", "-prec-div=true", "-prec-sqrt=true")


def check_commands(commands):
    """Compile commands of our own sources."""
    for command in commands:
        name, line = command["file"], command.get("command") or " ".join(command["arguments"])
        if "-ffp-contract=off" not in line:
            yield f"{name}: flags: compiled without -ffp-contract=off"
        for flag in ("-ffast-math", "-Ofast", "-march=native", "-funsafe-math", "-fassociative-math", "-fopenmp", "-use_fast_math"):
            if flag in line:
                yield f"{name}: flags: compiled with {flag}"
        for flag in NVCC_FLAGS:
            if "nvcc" in line.split()[0] and flag not in line:
                yield f"{name}: flags: compiled without {flag}"
        if "-Werror" not in line:
            yield f"{name}: flags: warnings are not errors"


def check(root, build):
    files = tracked(root)
    for path in files:
        if path.suffix in SOURCES + (".py", ".sh"):
            yield from check_text(path, (Path(root) / path).read_text())
    yield from check_folders(files)
    yield from check_format(root, files)
    if build is not None:
        commands = Path(build) / "compile_commands.json"
        if commands.is_file():
            yield from check_commands(json.loads(commands.read_text()))


LONG = "// Long.\nint f(void) {\n" + "  g();\n" * 130 + "}\n"
WRONG = [  # rule, path, text that breaks it
    ("dependency", "kernels/a.c", '// A.\n#include "engine/shared/status.h"\n'),
    ("dependency", "engine/a.c", '// A.\n#include "io/shared/text.h"\n'),
    ("dependency", "io/a.c", '// A.\n#include "tools/cli/shared/output.h"\n'),
    ("dependency", "engine/evaluate/a.c", '// A.\n#include "engine/train/trainer.h"\n'),
    ("dependency", "engine/a.c", "// A.\n#include <hdf5.h>\n"),
    ("function-size", "io/a.c", LONG),
    ("function-size", "kernels/product/a.c", LONG),
    ("file-size", "io/a.c", "// A.\n" + "int a;\n" * 601),
    ("purpose", "io/a.c", "int a;\n"),
    ("libm", "kernels/a.c", "// A.\nfloat f(float x) { return expf(x); }\n"),
    ("libm", "engine/a.c", "// A.\ndouble f(double x) { return sqrt(x); }\n"),
    ("libm", "kernels/a.h", "// A.\n#include <math.h>\n"),
    ("libm", "io/a.c", "// A.\ndouble f(double x) { return pow(x, 2); }\n"),
    ("openmp", "kernels/a.c", "// A.\n#pragma omp parallel for reduction(+ : s)\n"),
    ("fast-math", "tools/a.c", "// A.\n__attribute__((optimize(3))) int f(void);\n"),
    ("float-atomics", "engine/a.c", "// A.\nstatic _Atomic double sum;\n"),
    ("float-atomics", "kernels/cuda/grid.cuh", "// A.\nvoid f(float *x) { atomicAdd((float *)x, 1.0f); }\n"),
    ("float-atomics", "kernels/cuda/grid.cuh", "// A.\nvoid f(int *x) { atomicAdd(reinterpret_cast<float *>(x), 1.0f); }\n"),
    ("float-atomics", "kernels/cuda/grid.cuh", "// A.\nDEVICE_FUNCTION void atomic_add(float *to, float x) {}\n"),
    ("dependency", "kernels/map/a.cu", '// A.\n#include "engine/shared/status.h"\n'),
    ("function-size", "kernels/map/a.cuh", LONG.replace("int f(void)", "KERNEL_OF(64)\nf(float *x)")),
    ("file-size", "kernels/map/a.cu", "// A.\n" + "int a;\n" * 601),
    ("purpose", "kernels/map/a.cuh", "int a;\n"),
    ("libm", "kernels/map/a.cu", "// A.\nDEVICE_FUNCTION float f(float x) { return expf(x); }\n"),
    ("grid", "kernels/map/a.cu", "// A.\nvoid f() { g<<<1, 2>>>(); }\n"),
    ("grid", "kernels/map/a.cu", "// A.\nvoid f() { __syncthreads(); }\n"),
    ("grid", "kernels/map/a.cuh", "// A.\nint f() { return threadIdx.x; }\n"),
    ("grid", "kernels/map/a.cu", "// A.\nvoid f(int *x) { atomicAdd(x, 1); }\n"),
    ("grid", "kernels/map/a.cu", "// A.\nfloat f(float x) { return __shfl_xor_sync(~0u, x, 1); }\n"),
    ("condition", "kernels/map/a.cu", "// A.\n#ifdef __CUDA_ARCH__\n#endif\n"),
    ("condition", "kernels/map/a.cuh", "// A.\n#if defined(__CUDACC__)\n#endif\n"),
    ("runtime", "kernels/map/a.cu", "// A.\nvoid f() { cudaDeviceSynchronize(); }\n"),
    ("exit", "io/a.c", "// A.\nvoid f(void) { exit(1); }\n"),
    ("print", "engine/a.c", '// A.\nvoid f(void) { printf("x"); }\n'),
    ("print", "io/a.c", '// A.\nvoid f(void) { fprintf(stderr, "x"); }\n'),
    ("locale", "tools/a.c", '// A.\nvoid f(void) { setlocale(LC_ALL, ""); }\n'),
    ("number-text", "io/a.c", "// A.\nint f(const char *t) { return atoi(t); }\n"),
    ("random", "engine/a.c", "// A.\nint f(void) { return rand(); }\n"),
    ("unsafe-text", "tools/a.c", "// A.\nvoid f(char *t) { sprintf(t, t); }\n"),
]
RIGHT = "// A.\n#include \"kernels/operators.h\"\nint f(void) {\n  return my_exit(0) + x->round(1); // exit(1), sqrt(2)\n}\n"


RIGHT_CUDA = """// A.
#ifndef INGOT_KERNELS_MAP_A_CUH
#define INGOT_KERNELS_MAP_A_CUH
#include "kernels/cuda/grid.cuh"
template <typename T> struct Tile {
""" + "  T a;\n" * 130 + """};
KERNEL_OF(64) f(int64_t *x) { // as threadIdx.x, atomicAdd(x, 1)
  barrier();
  atomic_add(x, thread_index());
}
#endif
"""


def self_test():
    failures = [f"{rule}: not found in {path}" for rule, path, text in WRONG
                if not any(f": {rule}: " in line for line in check_text(Path(path), text))]
    failures += [f"false alarm: {line}" for line in check_text(Path("engine/right.c"), RIGHT)]
    failures += [f"false alarm: {line}" for line in check_text(Path("kernels/map/a.cuh"), RIGHT_CUDA)]
    if not any("folder-size" in line for line in check_folders([Path(f"io/a{i}.c") for i in range(21)])):
        failures.append("folder-size: not found")
    plain = "cc -Werror -ffp-contract=off -c a.c"
    nvcc = "/usr/bin/nvcc -fmad=false -ftz=false -prec-div=true -prec-sqrt=true -Xcompiler=-ffp-contract=off,-Werror -c a.cu"
    failures += [f"false alarm: {line}" for right in (plain, nvcc) for line in check_commands([{"file": "a", "command": right}])]
    without = [nvcc.replace(flag, "") for flag in NVCC_FLAGS]
    for wrong in ("cc -Werror -c a.c", f"{plain} -Ofast", "cc -ffp-contract=off", f"{nvcc} --use_fast_math", *without):
        if not list(check_commands([{"file": "a.c", "command": wrong}])):
            failures.append(f"flags: not found in {wrong}")
    if shutil.which("clang-format-14") or shutil.which("clang-format"):
        with tempfile.TemporaryDirectory() as folder:
            Path(folder, "a.c").write_text("// A.\nint   a ;\n")
            if not list(check_format(folder, [Path("a.c")])):
                failures.append("format: not found")
    return failures


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("root", nargs="?", default=str(Path(__file__).resolve().parents[2]))
    parser.add_argument("--build", help="folder with compile_commands.json")
    parser.add_argument("--self-test", action="store_true")
    options = parser.parse_args()
    violations = self_test() if options.self_test else list(check(options.root, options.build))
    print("\n".join(violations) if violations else "house: every rule holds")
    return 1 if violations else 0


if __name__ == "__main__":
    sys.exit(main())

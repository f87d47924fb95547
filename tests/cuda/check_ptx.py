#!/usr/bin/env python3
"""Checks what nvcc made of the kernels: every rounding as written, products without spills and with wide loads.

    check_ptx.py FOLDER --ptxas PATH   the PTX that the build kept in FOLDER; every violation as a line, exit 1
    check_ptx.py --self-test           every rule against an example that breaks it

Roundings: each addition, multiplication, division, square root and fma of floats ends in .rn (one without may be
contracted by ptxas), nothing is flushed (.ftz) or approximate. Products: ptxas spills nothing; the innermost
loop of a tile reads shared memory 16 bytes at a time and multiplies by fma.rn.f32; global memory comes by asynchronous
copies of 16 bytes, or of 4 where rows do not begin 16.
"""
import argparse
import re
import subprocess
import sys
from pathlib import Path

ARITHMETIC = re.compile(r"\b(?:add|sub|mul|fma|mad|div|sqrt|rcp|rsqrt|ex2|lg2|sin|cos|tanh)\.[\w.]*\b(?:f32|f64)(?:x2)?\b")
PRODUCT = "product_tiles"


def check_roundings(name, ptx):
    for operation in sorted(set(ARITHMETIC.findall(ptx))):
        if ".rn." not in operation or "ftz" in operation or operation.startswith("mad"):
            yield f"{name}: {operation} is not one rounding to nearest"


def entries_of(ptx):
    """(name, body) of each kernel."""
    for part in re.split(r"\.entry\s+", ptx)[1:]:
        yield re.match(r"\w+", part).group(0), part


def innermost(body):
    """The straight piece of code with the most multiplications."""
    pieces = re.split(r"^\$\w+:|\bbra\b.*$", body, flags=re.M)
    return max(pieces, key=lambda piece: piece.count("fma."))


def check_products(name, ptx):
    products = [(kernel, body) for kernel, body in entries_of(ptx) if PRODUCT in kernel]
    if not products:
        yield f"{name}: no kernel {PRODUCT}"
    for kernel, body in products:
        loop = innermost(body)
        fmas, wide = loop.count("fma.rn.f32"), loop.count("ld.shared.v4.f32")
        narrow = len(re.findall(r"\bld\.shared\.[fub]\d", loop))
        if fmas < 4 * wide or wide == 0 or narrow > 0:
            yield f"{name}: {kernel}: innermost loop with {fmas} fma.rn.f32, {wide} loads of 16 bytes, {narrow} of less"
        if ".local." in loop:
            yield f"{name}: {kernel}: the innermost loop uses local memory"
        for size in (16, 4):
            if not re.search(rf"cp\.async\.c[ag]\.shared\.global[^;]*, {size}[,;]", body):
                yield f"{name}: {kernel}: no asynchronous copy of {size} bytes to shared memory"


def check_spills(name, report):
    functions = re.findall(r"Function properties for (\w+)\n.*?(\d+) bytes spill stores, (\d+) bytes spill loads", report)
    if not functions:
        yield f"{name}: ptxas reports no kernels"
    for kernel, stores, loads in functions:
        if (stores, loads) != ("0", "0"):
            yield f"{name}: {kernel}: {stores} bytes of spill stores, {loads} of spill loads"


def ptxas_report(ptxas, path, ptx):
    target = re.search(r"^\.target (sm_\w+)", ptx, flags=re.M).group(1)
    command = [ptxas, "-v", "-arch", target, str(path), "-o", "/dev/null"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stderr


def check(folder, ptxas):
    files = sorted(Path(folder).glob("*.ptx"))
    if not any("product_cuda" in path.name for path in files):
        yield f"{folder}: the PTX of the products is not there: build the target ingot_cuda"
    for path in files:
        ptx = path.read_text()
        yield from check_roundings(path.name, ptx)
        if "product_cuda" in path.name:
            yield from check_products(path.name, ptx)
            yield from check_spills(path.name, ptxas_report(ptxas, path, ptx))


GOOD = """.entry product_tiles(
cp.async.cg.shared.global [%r1], [%rd2], 16;
cp.async.ca.shared.global [%r1], [%rd2], 4;
ld.shared.f32 %f0, [%r1];
$L__BB0_1:
ld.shared.v4.f32 {%f1, %f2, %f3, %f4}, [%r1];
""" + 4 * "fma.rn.f32 %f5, %f1, %f2, %f5;\n" + "@%p1 bra $L__BB0_1;\nadd.rn.f32 %f5, %f5, %f6;\n"
WRONG = [
    ("fma.rn.f32", "fma.rn.ftz.f32"),
    ("add.rn.f32", "add.f32"),
    ("add.rn.f32", "mul.ftz.f32"),
    ("add.rn.f32", "div.approx.f32"),
    ("add.rn.f32", "div.full.f32"),
    ("add.rn.f32", "sqrt.approx.f32"),
    ("add.rn.f32", "mad.rn.f64"),
    ("ld.shared.v4.f32", "ld.shared.v2.f32"),
    ("$L__BB0_1:", "$L__BB0_1:\nld.shared.f32 %f1, [%r1];"),
    ("$L__BB0_1:", "$L__BB0_1:\nst.local.f32 [%r1], %f1;"),
    (", 16;", ", 4;"),
    (", 4;", ", 16;"),
    ("product_tiles", "other"),
]
SPILLED = "ptxas info    : Function properties for %s\n    64 bytes stack frame, %d bytes spill stores, %d bytes spill loads\n"


def self_test():
    def found(ptx):
        return [*check_roundings("a", ptx), *check_products("a", ptx)]
    failures = [f"false alarm: {line}" for line in found(GOOD)]
    failures += [f"not found: {wrong}" for right, wrong in WRONG if not found(GOOD.replace(right, wrong))]
    failures += [f"false alarm: {line}" for line in check_spills("a", SPILLED % ("f", 0, 0))]
    for report in ("", SPILLED % ("f", 0, 0) + SPILLED % ("g", 4, 0), SPILLED % ("f", 0, 4)):
        if not list(check_spills("a", report)):
            failures.append(f"not found: spills in {report!r}")
    if not list(check("/nonexistent", "ptxas")):
        failures.append("not found: a folder without PTX")
    return failures


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", help="where the build keeps PTX")
    parser.add_argument("--ptxas", default="ptxas")
    parser.add_argument("--self-test", action="store_true")
    options = parser.parse_args()
    violations = self_test() if options.self_test else list(check(options.folder, options.ptxas))
    print("\n".join(violations) if violations else "ptx: every rule holds")
    return 1 if violations else 0


if __name__ == "__main__":
    sys.exit(main())

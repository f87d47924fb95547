#!/usr/bin/env python3
"""Compares whole jobs of ingot with their peers, side by side in one run, and writes every sample to a file of JSON.

    tools/bench/compare.sh --out results.json [WORK...]     all works, or those named
    tools/bench/compare.sh --list                           what they are

results.json is a list of {"work", "peer", "ratio", "goal", "met", "runs"}: ratio is our time over the peer's, medians of samples
taken in turns; goal the highest ratio that meets it, met whether it does (both null: the entry is shown, and no goal is about it).
Goals of load_* are rates: rows_per_second is to reach rows_per_second_goal, and goal is null. A number that is none, as the loss of a
training that diverged, is null. The file is [] at first and whole after every work. Loss curves of both sides are drawn beside it.
Exit code 0: measured, whether goals were met or not; 1: the loss curves of two sides differ, so that it was not the same work; 2: usage;
69: something that is needed lacks; 70: something could not be measured (the other works are); 130 and 143: interrupted.
"""
import argparse
import difflib
import json
import math
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import traceback
from pathlib import Path

import program
import report
from measure import Failure
from works import NAMES, WORKS

ROOT = Path(__file__).resolve().parents[3]
FORCED = ", MKL made to use AVX-512"


class Bench:
    """What works share: programs, folders, and how often is measured."""

    def __init__(self, options):
        self.ingot, self.folder = options.build / "ingot", options.build.parent / "bench"
        self.python = options.environment / "bin" / "python"
        self.environment, self.out = options.environment, options.out
        self.threads, self.runs = options.threads, options.runs
        self.about = {"cpu": report.cpu_fact("model name"), "threads": options.threads, "ingot": program.run(self, "--version").strip()}
        self.amd_with_avx512 = report.amd_with_avx512()
        self.folder.mkdir(parents=True, exist_ok=True)
        self.temporary = Path(tempfile.mkdtemp(prefix="work-", dir=self.folder))

    def new_folder(self, name):
        """The name of a folder that is not there."""
        path = self.temporary / name
        shutil.rmtree(path, ignore_errors=True)
        return path

    def mkl_kinds(self):
        """{what is added to a peer's name: its environment}. MKL, in which PyTorch multiplies, takes AVX-512 on Intel's processors
        only; where a function of its own says that this is one, it takes it elsewhere too: shown beside PyTorch as it is."""
        kinds = {"": {}}
        if self.amd_with_avx512:
            library = self.temporary / "mkl_takes_avx512.so"
            subprocess.run(["gcc", "-shared", "-fPIC", "-x", "c", "-", "-o", str(library)], check=True, text=True,
                           input="int mkl_serv_intel_cpu_true(void) { return 1; }\n")
            kinds[FORCED] = {"LD_PRELOAD": str(library)}
        return kinds

    def openblas(self):
        """OpenBLAS takes AMD's processors with AVX-512 for ones without, where nothing is said."""
        return {"OPENBLAS_CORETYPE": "SkylakeX"} if self.amd_with_avx512 else {}

    def counts(self, peer):
        """Whether a goal is about this peer."""
        return not peer.endswith(FORCED)

    def say(self, text):
        print(text, file=sys.stderr, flush=True)


def options_of(arguments):
    parser = argparse.ArgumentParser(prog="compare.sh", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("works", nargs="*", metavar="WORK", help="see --list; all where none is named")
    parser.add_argument("--out", type=Path, help="file to write; loss curves are drawn beside it")
    parser.add_argument("--list", action="store_true", help="say what there is to measure, and its goals")
    parser.add_argument("--threads", type=int, default=2, metavar="N", help="threads on both sides (default: 2)")
    parser.add_argument("--runs", type=int, default=5, metavar="N", help="samples of each side, at least 5 (default)")
    parser.add_argument("--environment", type=Path, default=ROOT / "build/bench/venv", metavar="FOLDER",
                        help="virtual environment of the peers, made where it is not there (default: build/bench/venv)")
    parser.add_argument("--build", type=Path, default=ROOT / "build/release", help=argparse.SUPPRESS)
    parser.add_argument("--check", action="store_true", help=argparse.SUPPRESS)  # print the environment, do nothing
    options = parser.parse_args(arguments)
    for name in options.works:
        if name not in NAMES:
            nearest = difflib.get_close_matches(name, NAMES, 1, 0)
            parser.error(f"there is no work '{name}'; did you mean {nearest[0]}? --list shows all")
    if options.runs < 5 or not 1 <= options.threads <= 256:
        parser.error("--runs must be at least 5, --threads in 1..256")
    if not options.list and options.out is None:
        parser.error("--out FILE.json is required")
    if not options.list and not options.out.resolve().parent.is_dir():
        parser.error(f"--out {options.out}: there is no folder {options.out.parent}")
    if not options.list and options.out.is_dir():
        parser.error(f"--out {options.out}: it is a folder; a file to write is wanted")
    return options


def finite(value):
    """The same for a file of JSON, which knows neither infinities nor NaN."""
    if isinstance(value, dict):
        return {key: finite(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [finite(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def save(path, entries):
    temporary = path.with_name(path.name + ".tmp")
    temporary.write_text(json.dumps(finite(entries), indent=1, allow_nan=False) + "\n")
    os.replace(temporary, path)


def sentence(bench, work, failure):
    """What went wrong. Where it was not foreseen, the traceback is kept."""
    if isinstance(failure, Failure):
        return str(failure)
    log = bench.folder / "log" / f"{work.name}.txt"
    log.parent.mkdir(exist_ok=True)
    log.write_text("".join(traceback.format_exception(failure)))
    return f"{type(failure).__name__}: {failure} (where: {log})"


def measure(bench, works):
    """(entries, sentences of what could not be measured); the file is whole after every work."""
    entries, failures = [], []
    for work in works:
        bench.say(f"== {work.name}: {work.what}")
        try:
            found = work.measure(bench)
        except Exception as failure:  # one that nobody foresaw must not hide the other works either
            failures.append(f"{work.name}: {sentence(bench, work, failure)}")
            bench.say(failures[-1])
            continue
        entries += found
        save(bench.out, entries)
        for line in (report.line_of(entry) for entry in found if not entry.get("detail")):
            bench.say(line)
    return entries, failures


def main(arguments):
    options = options_of(arguments)
    if options.list:
        print(report.list_text(WORKS))
        return 0
    if options.check:
        print(options.environment.absolute())
        return 0
    for needed, remedy in ((options.build / "ingot", "tools/bench/compare.sh builds it"),
                           (options.environment / "bin" / "python", "tools/bench/environment.sh makes it")):
        if not needed.exists():
            print(f"compare: there is no {needed}: {remedy}", file=sys.stderr)
            return 69
    try:
        save(options.out, [])  # an older one must not be taken for this one
        bench = Bench(options)
    except (Failure, OSError) as failure:
        print(f"compare: {failure}", file=sys.stderr)
        return 69
    try:
        entries, failures = measure(bench, [work for work in WORKS if not options.works or work.name in options.works])
    except KeyboardInterrupt:
        return 130
    finally:
        shutil.rmtree(bench.temporary, ignore_errors=True)
    print(report.table(entries, failures))
    if any(entry.get("same_work") is False for entry in entries):
        return 1
    return 70 if failures else 0


def guarded(arguments):
    """1 means something else than that Python failed."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # as any exception, so that nothing is left behind
    try:
        return main(arguments)
    except Exception:
        traceback.print_exc()
        return 70


if __name__ == "__main__":
    sys.exit(guarded(sys.argv[1:]))

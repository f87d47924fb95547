"""The peak of a training's memory beside what `ingot plan` says, for every kind of job."""
import os
import signal
import statistics
import subprocess
import sys

import income
import loading
import program
from jobs import job_named, write_config
from measure import Failure, entry

BOUND = 0.05
ONE_EPOCH = ["--set", "train.epochs=1"]


# Runs a program and says how it ended and its peak in KiB. A process of its own, with little in memory: where any process
# begins, as the kernel counts, is what the one that starts it has.
MEASURER = """import os, sys
nowhere = [(os.POSIX_SPAWN_OPEN, file, os.devnull, os.O_WRONLY, 0) for file in (1, 2)]
process = os.posix_spawn(sys.argv[1], sys.argv[1:], os.environ, file_actions=nowhere)
_, status, usage = os.wait4(process, 0)
print(os.waitstatus_to_exitcode(status), usage.ru_maxrss)
"""


def peak_bytes(bench, *arguments):
    """Most memory of a run of the program that was resident at a time."""
    measurer = subprocess.Popen([sys.executable, "-S", "-c", MEASURER, str(bench.ingot), *map(str, arguments)],
                                stdout=subprocess.PIPE, text=True, start_new_session=True)
    try:
        answer = measurer.communicate()[0].split()
    except BaseException:  # as where this process is to end
        os.killpg(measurer.pid, signal.SIGKILL)
        measurer.wait()
        raise
    if len(answer) != 2 or answer[0] != "0":
        raise Failure(f"ingot {' '.join(map(str, arguments))} ended with {answer[0] if answer else 'no word'}")
    return int(answer[1]) * 1024


def kinds(bench):
    """(name, configuration and changes)."""
    for name in ("step_mlp", "step_embeddings", "step_small"):
        yield name, [write_config(bench, job_named(name)), *ONE_EPOCH]
    yield "load_gzip", [loading.our_config(bench, "load_gzip", ["--gzip"], loading.BLOCKS, "stream"), *ONE_EPOCH]
    if income.published() is None:
        bench.say("memory: without the income recipe, whose data are published; INGOT_DATA names their folder")
    else:
        yield "income", [income.CONFIG, *income.on_imported(*income.import_data(bench))]


def memory(bench):
    """The ratio is good where it is near 1 from both sides, in every run."""
    entries = []
    for name, job in kinds(bench):
        planned = program.answer(bench, "plan", *job, "--threads", bench.threads)["bytes"]["peak"]
        peaks = [peak_bytes(bench, "train", *job, "--run", bench.new_folder("memory-run"), "--threads", bench.threads)
                 for _ in range(bench.runs)]
        off = max(abs(peak / planned - 1) for peak in peaks)
        entries.append(entry(bench, "memory", "ingot plan", peaks, [planned], 1 + BOUND, shape=name, unit="bytes",
                             met=off <= BOUND, note=f"{name}: {statistics.median(peaks) / 1e6:.1f} MB, "
                             f"planned {planned / 1e6:.1f}, at most {100 * off:.1f} % apart"))
    return entries

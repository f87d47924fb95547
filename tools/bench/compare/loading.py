"""Works of loading: shuffled epochs of a million rows in memory, and streamed from gzip chunks; and memory against its plan."""
import os
import statistics
import subprocess

import program
from jobs import data_file, prepare
from measure import Failure, Peer, entry, in_turns
from training import job_named

ROWS, NUMBERS, BATCH = 1 << 20, 64, 1024
BLOCKS = "{blocks: {rows: 4096, window: 16}}"  # whole chunks

TEXT = """name: loading
data:
  file: {file}
  order: {order}
  split: {{by: order, train: 0.9999, validation: 0.0001}}
  target: {{column: label, task: binary, positive: "1"}}
  inputs:
    - {{columns: [{columns}], as: numeric, scale: none, missing: error}}
model: {{kind: linear}}
train: {{batch: {batch}}}
machine: {{residency: {residency}}}
"""


def our_config(bench, name, options, order, residency):
    file = data_file(bench, ROWS, NUMBERS, 0, *options)
    config = bench.folder / "data" / f"{name}.yaml"
    config.write_text(TEXT.format(file=file, order=order, residency=residency, batch=BATCH,
                                  columns=", ".join(f"x{i:02}" for i in range(NUMBERS))))
    return config


def load(bench, name, kind, options, order, residency, ways, least_rate):
    """Rows a second of an epoch, batch after batch, without a model. Peers read the same numbers as a matrix of whole rows."""
    config = our_config(bench, name, options, order, residency)
    spec = {"data": str(data_file(bench, ROWS, NUMBERS, 0, "--matrix", *options)), "batch": BATCH, "threads": bench.threads,
            "from": kind}
    peers = {f"PyTorch {way}": Peer(bench, "torch_loading.py", {**spec, "way": way}) for way in ways}

    def ours():
        found = program.answer(bench, "bench", "load", config, "--threads", bench.threads, "--samples", 1)
        return found["samples"][0] / found["rows"]

    try:
        sides = {peer: (lambda process=process: process.ask("epoch")["seconds"] / ROWS) for peer, process in peers.items()}
        samples = in_turns({"ours": ours, **sides}, bench.runs)
        versions = next(iter(peers.values())).ready["versions"]
    finally:
        for process in peers.values():
            process.end()
    rate = 1 / statistics.median(samples["ours"])
    better = min(peers, key=lambda peer: statistics.median(samples[peer]))
    return [entry(bench, name, peer, samples["ours"], samples[peer], None, met=rate >= least_rate if peer == better else None,
                  note=f"{rate / 1e6:.3g} M rows/s, goal {least_rate / 1e6:g}; {peer} {1e-6 / statistics.median(samples[peer]):.3g}",
                  rows_per_second=rate, rows_per_second_goal=least_rate, unit="seconds a row", runs={"versions": versions})
            for peer in peers]


# ---- memory ----

MEMORY_BOUND = 0.05


def peak_bytes(bench, *arguments):
    """Most memory of a run of the program that was resident at a time."""
    process = subprocess.Popen([str(bench.ingot), *map(str, arguments)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise Failure(f"ingot {' '.join(map(str, arguments))} ended with {process.returncode}")
    return usage.ru_maxrss * 1024


def memory(bench):
    """The process's peak beside what `ingot plan` says; the ratio is good where it is near 1 from both sides."""
    entries = []
    for name in ("step_mlp", "step_embeddings"):
        config, _ = prepare(bench, job_named(name))
        planned = program.answer(bench, "plan", config, "--threads", bench.threads)["bytes"]["sum"]
        peaks = [peak_bytes(bench, "train", config, "--run", bench.new_folder("memory-run"), "--threads", bench.threads,
                            "--set", "train.epochs=1") for _ in range(bench.runs)]
        ratio = statistics.median(peaks) / planned
        entries.append(entry(bench, "memory", "ingot plan", peaks, [planned], 1 + MEMORY_BOUND, shape=name, unit="bytes",
                             met=abs(ratio - 1) <= MEMORY_BOUND, note=f"{name}: {statistics.median(peaks) / 1e6:.1f} MB, "
                             f"planned {planned / 1e6:.1f}"))
    return entries

"""Works of loading: shuffled epochs of a million rows in memory, and streamed from gzip chunks."""
import statistics
from contextlib import ExitStack

import program
from jobs import data_file
from measure import Peer, entry, in_turns

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

    def ours():
        found = program.answer(bench, "bench", "load", config, "--threads", bench.threads, "--samples", 1)
        return found["samples"][0] / found["rows"]

    with ExitStack() as stack:
        peers = {f"PyTorch {way}": stack.enter_context(Peer(bench, "torch_loading.py", {**spec, "way": way})) for way in ways}
        sides = {peer: (lambda process=process: process.ask("epoch")["seconds"] / ROWS) for peer, process in peers.items()}
        samples = in_turns({"ours": ours, **sides}, bench.runs)
        versions = next(iter(peers.values())).ready["versions"]
    rate = 1 / statistics.median(samples["ours"])
    better = min(peers, key=lambda peer: statistics.median(samples[peer]))
    return [entry(bench, name, peer, samples["ours"], samples[peer], None, met=rate >= least_rate if peer == better else None,
                  note=f"{rate / 1e6:.3g} M rows/s, goal {least_rate / 1e6:g}; {peer} {1e-6 / statistics.median(samples[peer]):.3g}",
                  rows_per_second=rate, rows_per_second_goal=least_rate, unit="seconds a row", runs={"versions": versions})
            for peer in peers]

#!/usr/bin/env python3
"""The work of ingot_gpu_bench in PyTorch on the first GPU: eager, torch.compile, CUDA graphs; a line of JSON for each.

    peer_torch.py [--tiny] [--cpu]     --tiny, --cpu: only show that it works

Products are cuBLAS in fp32 with TF32 off. Training: the same model, rows, batch, loss and optimizer (AdamW, fused), rows on
the device, gathered in a new random order each epoch. Wall clock from an idle device to an idle device and by CUDA
events, as there.
"""
import argparse
import json
import statistics
import sys
import time

import torch
import torch.nn.functional as F

SAMPLES, EPOCHS, TABLE_ROWS, EMBED = 9, 7, 1000, 16
ENOUGH = 90  # seconds after which no compilation begins
PRODUCTS = [(4096, 4096, 4096), (8192, 8192, 2048), (65536, 512, 512), (65536, 256, 64), (1024, 256, 256)]
# name, numbers, categories, hidden, batch, rows
JOBS = [("64-256-256-1", 64, 0, [256, 256], 1024, 1 << 20), ("64-256-256-1", 64, 0, [256, 256], 65536, 1 << 20),
        ("20+20x16-512-256-128-1", 20, 20, [512, 256, 128], 65536, 1 << 20)]

options = None


def wait():
    if options.device == "cuda":
        torch.cuda.synchronize()


def spread(prefix, seconds):
    return {f"{prefix}{what}_ms": float(f"{of(seconds) * 1e3:.6g}")
            for what, of in (("median", statistics.median), ("least", min), ("most", max))}


def report(name, variant, seconds, amount, unit, on_device=()):
    print(json.dumps({"name": name, "variant": variant, **spread("", seconds), **(spread("device_", on_device) if on_device else {}),
                      "samples": len(seconds), "rate": float(f"{amount / statistics.median(seconds):.4g}"), "unit": unit}),
          flush=True)


def sample(work, calls):
    """Seconds of one call by wall clock and, on a GPU, by its events."""
    wait()
    start = time.perf_counter()
    if options.device == "cuda":
        first, last = (torch.cuda.Event(enable_timing=True) for _ in range(2))
        first.record()
    for _ in range(calls):
        work()
    if options.device == "cuda":
        last.record()
    wait()
    wall = (time.perf_counter() - start) / calls
    return wall, first.elapsed_time(last) / 1e3 / calls if options.device == "cuda" else None


def numbers(*shape):
    return torch.empty(*shape, device=options.device).uniform_(-1, 1)


def adamw_of(parameters, **more):
    if options.device == "cuda":
        more["fused"] = True  # the fastest there is
    return torch.optim.AdamW(parameters, lr=1e-3, weight_decay=0.01, **more)


def measure(name, work, amount, unit):
    """SAMPLES samples, each over so many calls that the clocks do not matter."""
    sample(work, 1)
    calls = 1
    while calls * sample(work, calls)[0] < (0 if options.tiny else 0.02) and calls < 10000:
        calls *= 2
    wall, on_device = zip(*(sample(work, calls) for _ in range(SAMPLES)))
    report(name, "torch eager", wall, amount, unit, [seconds for seconds in on_device if seconds is not None])


def products():
    for m, n, k in [(64, 32, 48)] if options.tiny else PRODUCTS:
        x, w, bias, dy = numbers(m, k), numbers(n, k), numbers(n), numbers(m, n)
        flops = 2 * m * n * k / 1e9
        measure(f"product weight {m}x{n}x{k}", lambda: (dy.t() @ x, dy.sum(0)), flops, "GFLOP/s")
        measure(f"product input {m}x{n}x{k}", lambda: dy @ w, flops, "GFLOP/s")
        measure(f"product forward {m}x{n}x{k}", lambda: F.linear(x, w, bias), flops, "GFLOP/s")


def rows():
    count = 4096 if options.tiny else 64 << 20
    tall, norm_rows = (64, 64) if options.tiny else (1 << 20, 1 << 18)
    if not options.tiny:
        a, b = numbers(1 << 28), numbers(1 << 28)
        measure("copy 1 GiB", lambda: b.copy_(a), 2 * 4 * (1 << 28) / 1e9, "GB/s")
        del a, b
    p = numbers(count).requires_grad_()
    p.grad = numbers(count)
    adamw = adamw_of([p])
    measure("adamw of 64 Mi parameters", adamw.step, 28 * count / 1e9, "GB/s")
    del p, adamw
    z = numbers(tall, 64)
    measure("softmax 1 Mi x 64", lambda: torch.softmax(z, 1), 8 * tall * 64 / 1e9, "GB/s")
    x, gamma, beta = numbers(norm_rows, 256), numbers(256), numbers(256)
    measure("layer norm forward 256 Ki x 256", lambda: F.layer_norm(x, (256,), gamma, beta), 12 * norm_rows * 256 / 1e9, "GB/s")
    x.requires_grad_()
    y, dy = F.layer_norm(x, (256,), gamma, beta), numbers(norm_rows, 256)
    measure("layer norm backward 256 Ki x 256", lambda: torch.autograd.grad(y, x, dy, retain_graph=True),
            12 * norm_rows * 256 / 1e9, "GB/s")
    order = torch.randperm(tall, device=options.device)
    measure("gather 1 Mi x 64", lambda: z[order], tall * (8 * 64 + 8) / 1e9, "GB/s")


class Net(torch.nn.Module):
    def __init__(self, values, categories, hidden):
        super().__init__()
        self.tables = torch.nn.ModuleList(torch.nn.Embedding(TABLE_ROWS, EMBED) for _ in range(categories))
        layers, width = [], values + EMBED * categories
        for units in hidden:
            layers += [torch.nn.Linear(width, units), torch.nn.ReLU()]
            width = units
        self.layers = torch.nn.Sequential(*layers, torch.nn.Linear(width, 1))

    def forward(self, values, ids):
        parts = [values] + [table(ids[:, i]) for i, table in enumerate(self.tables)]
        return self.layers(torch.cat(parts, 1) if len(parts) > 1 else values).squeeze(1)


class Job:
    """One model with its rows, and a step on the rows whose numbers stand in `at`."""

    def __init__(self, values, categories, hidden, batch, count, graphs):
        torch.manual_seed(7)
        self.batch, self.count = batch, count
        self.values = numbers(count, values)
        self.ids = torch.randint(0, TABLE_ROWS, (count, categories), device=options.device)
        self.targets = (self.values.sum(1) > 0).float()
        self.net = Net(values, categories, hidden).to(options.device)
        # A captured step needs its step number on the device.
        self.optimizer = adamw_of(self.net.parameters(), capturable=graphs)
        self.forward = self.net
        self.at = torch.zeros(batch, dtype=torch.long, device=options.device)

    def step(self):
        self.optimizer.zero_grad(set_to_none=True)
        z = self.forward(self.values[self.at], self.ids[self.at])
        F.binary_cross_entropy_with_logits(z, self.targets[self.at]).backward()
        self.optimizer.step()

    def epoch(self, step):
        order = torch.randperm(self.count, device=options.device)
        for first in range(0, self.count, self.batch):
            self.at.copy_(order[first:first + self.batch])
            step()


def captured(job):
    """A step as one CUDA graph, captured as PyTorch's documentation says: warmed up on a stream of its own."""
    stream = torch.cuda.Stream()
    stream.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(stream):
        for _ in range(3):
            job.step()
    torch.cuda.current_stream().wait_stream(stream)
    graph = torch.cuda.CUDAGraph()
    job.optimizer.zero_grad(set_to_none=True)
    with torch.cuda.graph(graph):
        job.step()
    return graph.replay


def train(variant, name, values, categories, hidden, batch, count):
    job = Job(values, categories, hidden, batch, count, variant == "torch graphs")
    if variant == "torch compile":
        job.forward = torch.compile(job.net)
    step = captured(job) if variant == "torch graphs" else job.step
    epochs, on_device = zip(*[sample(lambda: job.epoch(step), 1) for _ in range(EPOCHS)][1:])  # the first warms up
    on_device = [seconds for seconds in on_device if seconds is not None]
    steps = -(-count // batch)
    report(f"step of {name}, batch {batch}", variant, [e / steps for e in epochs], batch / 1e6, "M rows/s", [e / steps for e in on_device])
    report(f"epoch of {name}, batch {batch}", variant, epochs, count / 1e6, "M rows/s", on_device)


def training():
    start = time.perf_counter()
    variants = ["torch eager"] + (["torch graphs"] if options.device == "cuda" else []) + ["torch compile"]
    for variant in variants:  # compilation, which takes longest, last
        for i, (name, values, categories, hidden, batch, count) in enumerate(JOBS):
            if options.tiny:
                hidden, batch, count = [16, 16] + hidden[2:], 64 + 64 * (i == 1), 128 + 128 * (i == 1)
            if variant == "torch compile" and time.perf_counter() - start > ENOUGH:
                print(f"{variant}: {name}, batch {batch}: left out, {ENOUGH} s are used up", file=sys.stderr)
                continue
            try:
                train(variant, name, values, categories, hidden, batch, count)
            except Exception as failure:  # one variant that cannot run here must not hide the others
                print(f"{variant}: {name}, batch {batch}: {failure}", file=sys.stderr)


def main():
    global options
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tiny", action="store_true")
    parser.add_argument("--cpu", action="store_true")
    options = parser.parse_args()
    options.device = "cpu" if options.cpu else "cuda"
    if options.device == "cuda" and not torch.cuda.is_available():
        print("PyTorch finds no GPU")
        return 77
    torch.backends.cuda.matmul.allow_tf32 = False
    torch.backends.cudnn.allow_tf32 = False
    print(f"PyTorch {torch.__version__}, CUDA {torch.version.cuda}", file=sys.stderr)
    with torch.no_grad():
        products()
    rows()
    training()
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""The works by name: what each is, and the function that measures it."""
from dataclasses import dataclass
from typing import Callable

import income
import loading
import memory
import operators
import training


@dataclass(frozen=True)
class Work:
    name: str
    what: str
    goal: str
    measure: Callable  # (bench) -> entries of results.json


WORKS = [
    Work("products", "matrix products, forward and gradient of the input, beside oneDNN and OpenBLAS",
         "geometric mean >= 0.98 of oneDNN's speed, none below 0.85",
         lambda bench: operators.products(bench, ["products", "input_gradients"], 1 / 0.98, 1 / 0.85)),
    Work("weight_gradients", "exact sums over samples, beside plain products", ">= 0.90 of oneDNN's speed",
         lambda bench: operators.products(bench, ["weight_gradients"], 1 / 0.90, 1 / 0.90)),
    Work("thin", "one output, 8 outputs, batch 1, beside the quickest library", ">= 0.85, 0.95, 0.95 of its speed", operators.thin),
    Work("threads", "all threads beside one, above 10 MFLOP", ">= 1.9 times the speed by 2 threads", operators.threads),
    Work("rows", "softmax, loss, layer norm, GELU, optimizer step, in caches and beyond", "<= 0.50 of PyTorch's time, GELU 1.00", operators.rows),
    Work("step_mlp", "training step, 64-256-256-1, batch 1024", "<= 0.70 of PyTorch's time",
         lambda bench: training.step(bench, "step_mlp", 0.70)),
    Work("step_embeddings", "training step, 20 embeddings and 20 numbers, 512-256-128-1, batch 4096", "<= 0.60 of PyTorch's time",
         lambda bench: training.step(bench, "step_embeddings", 0.60)),
    Work("step_small", "training step, 32-64-1, batch 64", "<= 0.25 of PyTorch's time",
         lambda bench: training.step(bench, "step_small", 0.25)),
    Work("sklearn", "training step, 64-256-256-1, batch 1024, beside scikit-learn", "none", training.sklearn),
    Work("income", "configs/income.yaml from HDF5 to the final checkpoint", "<= 0.50 of PyTorch's time", income.income),
    Work("load_memory", "shuffled epoch of 1M x 64 numbers in memory", ">= 20 M rows/s",
         lambda bench: loading.load(bench, "load_memory", "memory", [], "full", "memory", ["select", "epoch", "loader"], 20e6)),
    Work("load_gzip", "shuffled epoch of 1M x 64 numbers streamed from gzip chunks", ">= 2 M rows/s",
         lambda bench: loading.load(bench, "load_gzip", "gzip", ["--gzip"], loading.BLOCKS, "stream", ["0 workers", "2 workers"], 2e6)),
    Work("memory", "peak memory of a training beside ingot plan", "within 5 %", memory.memory),
]
NAMES = [work.name for work in WORKS]

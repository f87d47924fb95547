"""The works by name: what each is, and the function that measures it."""
from dataclasses import dataclass
from typing import Callable

import training


@dataclass(frozen=True)
class Work:
    name: str
    what: str
    goal: str
    measure: Callable  # (bench) -> entries of results.json


WORKS = [
    Work("step_mlp", "training step, 64-256-256-1, batch 1024", "<= 0.70 of PyTorch's time",
         lambda bench: training.step(bench, "step_mlp", 0.70)),
    Work("step_embeddings", "training step, 20 embeddings and 20 numbers, 512-256-128-1, batch 4096", "<= 0.60 of PyTorch's time",
         lambda bench: training.step(bench, "step_embeddings", 0.60)),
    Work("step_small", "training step, 32-64-1, batch 64", "<= 0.25 of PyTorch's time",
         lambda bench: training.step(bench, "step_small", 0.25)),
]
NAMES = [work.name for work in WORKS]

"""Shuffled epochs of a table in PyTorch: rows in memory, or streamed from gzip chunks by h5py; seconds of an epoch.

memory:  select: index_select of every batch; epoch: all rows reordered, batches are slices; loader: a DataLoader that
         fetches whole batches.
gzip:    windows of WINDOW chunks, drawn at random, their rows shuffled in memory; in this process (0 workers) or by a DataLoader's.
"""
import time

import h5py
import numpy as np
import torch
from torch.utils.data import BatchSampler, DataLoader, IterableDataset, RandomSampler, TensorDataset, get_worker_info

from torch_model import set_up, versions
from worker import serve, specification

WINDOW = 16  # of 4096 rows, as blocks of ingot here


class Fetched(TensorDataset):
    """A batch by one index_select a tensor, instead of row by row."""

    def __getitems__(self, rows):
        at = torch.tensor(rows)
        return [tensor.index_select(0, at) for tensor in self.tensors]


def in_memory(spec):
    """Inputs alone, as ingot bench load gathers: labels are gathered by the loss."""
    with h5py.File(spec["data"]) as file:
        x = torch.from_numpy(file["X"][:])
    rows, batch = len(x), spec["batch"]

    def select():
        for at in torch.randperm(rows).split(batch):
            yield [x.index_select(0, at)]

    def epoch():
        order = torch.randperm(rows)
        yield from zip(x.index_select(0, order).split(batch))

    dataset = Fetched(x)
    sampler = BatchSampler(RandomSampler(dataset), batch, False)
    loader = DataLoader(dataset, batch_sampler=sampler, collate_fn=lambda fetched: fetched)
    return {"select": select, "epoch": epoch, "loader": lambda: loader}[spec["way"]]


class Windows(IterableDataset):
    def __init__(self, spec):
        self.path, self.batch = spec["data"], spec["batch"]

    def __iter__(self):
        worker = get_worker_info()
        first, step = (worker.id, worker.num_workers) if worker else (0, 1)
        random = np.random.default_rng(int(time.time_ns()))
        with h5py.File(self.path, rdcc_nbytes=0) as file:  # every chunk is read once: no cache
            x, y = file["X"], file["y"]
            rows = x.chunks[0]
            chunks = np.arange(first, -(-len(x) // rows), step)
            random.shuffle(chunks)
            labels = y[:]
            for at in range(0, len(chunks), WINDOW):
                window = [slice(chunk * rows, (chunk + 1) * rows) for chunk in chunks[at:at + WINDOW]]
                values, targets = np.concatenate([x[part] for part in window]), np.concatenate([labels[part] for part in window])
                order = random.permutation(len(values))
                for begin in range(0, len(order), self.batch):
                    some = order[begin:begin + self.batch]
                    yield torch.from_numpy(values[some]), torch.from_numpy(targets[some])


def streamed(spec):
    workers = int(spec["way"].split()[0])
    loader = DataLoader(Windows(spec), batch_size=None, num_workers=workers, prefetch_factor=8 if workers else None,
                        persistent_workers=workers > 0)
    return lambda: loader


def timer(epoch):
    def time_of():
        start, rows, check = time.perf_counter(), 0, 0.0
        for x, *_ in epoch():
            rows += len(x)
            check += float(x[0, 0])  # a batch is there when it can be read
        return {"seconds": time.perf_counter() - start, "rows": rows}
    return time_of


if __name__ == "__main__":
    spec = specification()
    set_up(spec["threads"])
    serve({"epoch": timer(in_memory(spec) if spec["from"] == "memory" else streamed(spec))}, versions={**versions(), "h5py": h5py.__version__})

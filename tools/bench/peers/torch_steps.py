"""Training steps of PyTorch on rows in memory: the loss of every step from given parameters on, and the time of a step."""
import time

import h5py
import numpy as np
import torch
import torch.nn.functional as F

from row_order import row_order
from safetensors_file import read_tensors
from torch_model import Net, adamw, set_up, tables_of, versions
from worker import serve, specification


class Job:
    """spec: data, rows, numbers, categories, hidden, batch, learning_rate, weight_decay, seed, threads, initial (a file),
    compile (null or a mode of torch.compile), optimizer (fused, foreach or compiled)."""

    def __init__(self, spec):
        self.spec, self.rows, self.batch = spec, spec["rows"], spec["batch"]
        tensors = read_tensors(spec["initial"])
        tables = tables_of(tensors)
        self.net = Net(spec["numbers"], tables, spec["hidden"], False, 0)
        self.net.begin_with(tensors)
        self.read(spec, tables)
        how = spec["optimizer"]
        self.optimizer = adamw(self.net, spec["learning_rate"], spec["weight_decay"], "foreach" if how == "compiled" else how)
        self.update = torch.compile(self.optimizer.step) if how == "compiled" else self.optimizer.step
        self.loss = torch.compile(self.loss_of, mode=spec["compile"]) if spec["compile"] else self.loss_of
        self.batches = self.random_batches()

    def read(self, spec, tables):
        with h5py.File(spec["data"]) as file:
            columns, rows = file["columns"], self.rows
            self.values = torch.from_numpy(np.stack([columns[f"x{i:02}"][:rows] for i in range(spec["numbers"])], 1))
            # Ids of ingot: 0 unknown, 1 missing, then the values in order.
            codes = [columns[f"c{i:02}/codes"][:rows].astype(np.int64) + 2 for i in range(len(tables))]
            self.ids = torch.from_numpy(np.stack(codes, 1)) + self.net.offsets if codes else torch.zeros(rows, 0, dtype=torch.int64)
            self.targets = torch.from_numpy(columns["label"][:rows].astype(np.float32))

    def loss_of(self, values, ids, targets):
        return F.binary_cross_entropy_with_logits(self.net(values, ids), targets)

    def step(self, at):
        loss = self.loss(self.values.index_select(0, at), self.ids.index_select(0, at) if self.ids.shape[1] else self.ids,
                         self.targets.index_select(0, at))
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        self.update()
        return loss

    def batches_of(self, order_of):
        epoch = 0
        while True:
            yield from order_of(epoch).split(self.batch)
            epoch += 1

    def random_batches(self):
        return self.batches_of(lambda epoch: torch.randperm(self.rows))

    def losses(self, steps):
        """Of the first steps, on the batches that ingot takes."""
        batches = self.batches_of(lambda epoch: torch.from_numpy(row_order(self.rows, self.spec["seed"], epoch)))
        return {"losses": [self.step(next(batches)).item() for _ in range(steps)]}

    def time(self, steps):
        start = time.perf_counter()
        for _ in range(steps):
            self.step(next(self.batches))
        return {"seconds": (time.perf_counter() - start) / steps}


if __name__ == "__main__":
    set_up(specification()["threads"])
    job = Job(specification())
    serve({"losses": job.losses, "time": job.time}, versions=versions())

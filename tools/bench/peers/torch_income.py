"""The income recipe in PyTorch: from the HDF5 file to the final checkpoint, once a request; with imports and threads ready.

What ingot does is done: the same rows of both parts, inputs, model, batch, optimizer, schedule, clipping, a validation and a
checkpoint on the disk (model and optimizer) an epoch. Rows are held in memory: the quickest way for a table of this size.
"""
import json
import math
import os
import time

import h5py
import numpy as np
import torch
import torch.nn.functional as F

from safetensors_file import read_tensors
from torch_model import Net, adamw, set_up, tables_of, versions
from worker import serve, specification


def category_ids(column, train, min_count):
    """0: rare in the training rows or unknown; 1: missing; then the values by name."""
    codes = column["codes"][:].astype(np.int64)
    names = column["categories"][:]
    counts = np.bincount(codes[train][codes[train] >= 0], minlength=len(names))
    ids = np.zeros(len(names) + 1, dtype=np.int64)
    kept = [code for code in np.argsort(names) if counts[code] >= min_count]
    ids[kept] = np.arange(2, 2 + len(kept))
    ids[-1] = 1  # code -1
    return ids[codes]


def read(spec):
    """(values, ids, targets) of the training rows, and of the validation rows."""
    with open(spec["parts"]) as file:
        train, validation = map(np.array, json.load(file).values())
    with h5py.File(spec["data"]) as file:
        columns = file["columns"]
        numbers = np.stack([columns[name][:].astype(np.float64) for name in spec["numbers"]], 1)
        ids = np.stack([category_ids(columns[name], train, count) for name, count in spec["categories"]], 1)
        names = columns[spec["target"]]["categories"][:].tolist()
        targets = (columns[spec["target"]]["codes"][:] == names.index(spec["positive"].encode())).astype(np.float32)
    values = ((numbers - numbers[train].mean(0)) / numbers[train].std(0)).astype(np.float32)
    return [tuple(torch.from_numpy(array[rows]) for array in (values, ids, targets)) for rows in (train, validation)]


def rate_of(spec, step, steps):
    warmup = spec["warmup_steps"]
    if step < warmup:
        return spec["learning_rate"] * (step + 1) / warmup
    return spec["learning_rate"] * 0.5 * (1 + math.cos(math.pi * (step - warmup) / (steps - warmup)))


def save(folder, epoch, net, optimizer):
    path = os.path.join(folder, f"epoch-{epoch:03}.pt")
    with open(path + ".tmp", "wb") as file:
        torch.save({"model": net.state_dict(), "optimizer": optimizer.state_dict(), "epoch": epoch}, file)
        file.flush()
        os.fsync(file.fileno())
    os.replace(path + ".tmp", path)
    older = os.path.join(folder, f"epoch-{epoch - 2:03}.pt")
    if os.path.exists(older):
        os.remove(older)


def epoch_of(spec, train, net, loss_of, optimizer, step):
    """Losses of the epoch's steps."""
    rows, batch, losses = len(train[0]), spec["batch"], []
    steps = spec["epochs"] * -(-rows // batch)
    for at in torch.randperm(rows).split(batch):
        for group in optimizer.param_groups:
            group["lr"] = rate_of(spec, step + len(losses), steps)
        optimizer.zero_grad(set_to_none=True)
        loss = loss_of(*(tensor.index_select(0, at) for tensor in train))
        loss.backward()
        torch.nn.utils.clip_grad_norm_(net.parameters(), spec["clip_norm"], foreach=True)
        optimizer.step()
        losses.append(loss.detach())
    return losses


def job(spec, folder):
    start = time.perf_counter()
    os.makedirs(folder)
    (train, validation), tensors = read(spec), read_tensors(spec["initial"])
    net = Net(len(spec["numbers"]), tables_of(tensors), spec["hidden"], True, spec["dropout"])
    net.begin_with(tensors)
    for part in (train, validation):
        part[1].add_(net.offsets)
    optimizer = adamw(net, spec["learning_rate"], spec["weight_decay"], "fused")
    loss_of = lambda values, ids, targets: F.binary_cross_entropy_with_logits(net(values, ids), targets)
    if spec["compile"]:
        loss_of = torch.compile(loss_of, mode=spec["compile"], dynamic=True)
    losses, values = [], []
    for epoch in range(spec["epochs"]):
        net.train()
        losses += epoch_of(spec, train, net, loss_of, optimizer, len(losses))
        net.eval()
        with torch.no_grad():
            values.append(F.binary_cross_entropy_with_logits(net(validation[0], validation[1]), validation[2]).item())
        save(folder, epoch, net, optimizer)
    return {"seconds": time.perf_counter() - start, "validation": values, "losses": torch.stack(losses).tolist()}


if __name__ == "__main__":
    set_up(specification()["threads"])
    serve({"job": lambda folder: job(specification(), folder)}, versions=versions())

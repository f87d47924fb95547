"""Makes a data file of random numbers, categories and a label that depends on both: as ingot reads it, or as a plain matrix.

    make_data.py FILE.h5 ROWS NUMBERS CATEGORIES [--matrix] [--gzip]
"""
import os
import sys

import h5py
import numpy as np

VALUES = 1000  # of a category
CHUNK_ROWS = 4096  # as ingot import --compress writes them


def main(path, rows, numbers, categories, *options):
    rows, numbers, categories = int(rows), int(numbers), int(categories)
    random = np.random.default_rng(7)
    x = random.uniform(-1, 1, (rows, numbers)).astype(np.float32)
    if "--gzip" in options:
        x = np.round(x * 128) / np.float32(128)  # as measured numbers are: they compress
    codes = random.integers(0, VALUES, (rows, categories), dtype=np.int16)
    effects = random.normal(size=(categories, VALUES))
    score = x.sum(1) + sum(effects[c][codes[:, c]] for c in range(categories)) + random.normal(size=rows)
    how = {"chunks": (CHUNK_ROWS,), "compression": "gzip", "shuffle": True} if "--gzip" in options else {}
    with h5py.File(path + ".tmp", "w", libver=("v110", "v110"), track_order=True) as file:
        if "--matrix" in options:
            if how:
                how["chunks"] = (CHUNK_ROWS, numbers)
            file.create_dataset("X", data=x, **how)
            file.create_dataset("y", data=(score > 0).astype(np.float32))
        else:
            write_columns(file, x, codes, score > 0, how)
    os.replace(path + ".tmp", path)


def write_columns(file, x, codes, label, how):
    file.attrs["layout"] = np.bytes_("ingot-columns-1")
    columns = file.create_group("columns", track_order=True)
    for i in range(x.shape[1]):
        columns.create_dataset(f"x{i:02}", data=x[:, i], **how)
    for i in range(codes.shape[1]):
        group = columns.create_group(f"c{i:02}", track_order=True)
        group.create_dataset("codes", data=codes[:, i], **how)
        group.create_dataset("categories", data=np.array([f"{v:03}" for v in range(VALUES)], dtype="S3"))
    columns.create_dataset("label", data=label.astype(np.int8), **how)


if __name__ == "__main__":
    main(*sys.argv[1:])

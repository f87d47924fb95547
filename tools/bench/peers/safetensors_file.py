"""Reads a safetensors file: the parameters with which both sides begin."""
import json
import struct

import numpy as np

KINDS = {"F32": np.float32, "F64": np.float64, "U8": np.uint8, "I64": np.int64}


def read_tensors(path):
    """Arrays by name."""
    with open(path, "rb") as file:
        header = json.loads(file.read(struct.unpack("<Q", file.read(8))[0]))
        data = file.read()
    header.pop("__metadata__", None)
    return {name: np.frombuffer(data[slice(*at["data_offsets"])], KINDS[at["dtype"]]).reshape(at["shape"]).copy()
            for name, at in header.items()}

"""Reads a checkpoint's model.safetensors without Ingot: the second opinion of test_checkpoint_python.cc.

    read_safetensors.py digest FILE            content digest, by the Python standard library alone
    read_safetensors.py torch FILE EXPECTED    as a torch.nn state dict; scores as in EXPECTED
Exit code 77: skipped, with the reason on stdout.
"""
import hashlib
import json
import struct
import sys

SIZES = {"F32": 4, "F64": 8, "I32": 4, "I64": 8, "U64": 8, "U8": 1}


def read(path):
    """{name: (dtype, shape, bytes)} of a safetensors file."""
    with open(path, "rb") as file:
        content = file.read()
    (length,) = struct.unpack("<Q", content[:8])
    header = json.loads(content[8 : 8 + length])
    assert header.pop("__metadata__") == {"format": "pt"}
    assert list(header) == sorted(header) and (8 + length) % 8 == 0
    tensors = {}
    for name, entry in header.items():
        begin, end = entry["data_offsets"]
        size = SIZES[entry["dtype"]]
        count = 1
        for extent in entry["shape"]:
            count *= extent
        assert end - begin == count * size and (8 + length + begin) % size == 0
        tensors[name] = (entry["dtype"], entry["shape"], content[8 + length + begin : 8 + length + end])
    return tensors


def digest(path):
    lines = []
    for name, (dtype, shape, data) in read(path).items():
        extents = ",".join(str(extent) for extent in shape)
        lines.append(f"{name}\t{dtype}\t{extents}\t{hashlib.sha256(data).hexdigest()}\n")
    print(hashlib.sha256("".join(sorted(lines)).encode()).hexdigest())


def load_with_torch(torch, path):
    try:
        from safetensors.torch import load_file
    except ImportError:
        kinds = {"F32": torch.float32, "F64": torch.float64, "I32": torch.int32, "I64": torch.int64, "U8": torch.uint8}
        return {
            name: torch.frombuffer(bytearray(data), dtype=kinds[dtype]).reshape(shape)
            for name, (dtype, shape, data) in read(path).items()
        }
    return load_file(path)


def torch_scores(path, expected_path):
    try:
        import torch
    except ImportError:
        print("PyTorch is not installed")
        return 77
    state, expected = load_with_torch(torch, path), load_with_torch(torch, expected_path)

    activation = bytes(state.pop("model.activation", torch.tensor(list(b"relu"))).tolist()).decode()
    functional = torch.nn.functional
    activate = {"relu": torch.relu, "gelu": functional.gelu, "silu": functional.silu, "tanh": torch.tanh}[activation]

    class Network(torch.nn.Module):
        def __init__(self):
            super().__init__()
            nn = torch.nn
            self.embeddings = nn.ModuleList([nn.Embedding(5, 3)])
            self.layers = nn.ModuleList([nn.Linear(6, 8), nn.Linear(8, 4), nn.Linear(4, 1)])
            self.norms = nn.ModuleList([nn.LayerNorm(8), nn.LayerNorm(4)])

        def forward(self, values, ids):
            x = torch.cat([values[:, :1], self.embeddings[0](ids[:, 0]), values[:, 1:]], dim=1)
            for layer, norm in zip(self.layers, self.norms):
                x = activate(norm(layer(x)))
            return torch.sigmoid(self.layers[-1](x))

    network = Network()
    network.load_state_dict(state, strict=True)
    with torch.no_grad():
        scores = network(expected["values"], expected["ids"].long())
    difference = (scores - expected["scores"]).abs().max().item()
    print(f"PyTorch {torch.__version__}: largest difference of a score {difference:.3g}")
    return 0 if difference < 1e-6 else 1


if __name__ == "__main__":
    if sys.argv[1] == "digest":
        digest(sys.argv[2])
    else:
        sys.exit(torch_scores(sys.argv[2], sys.argv[3]))

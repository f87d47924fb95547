"""The model that ingot trains, in PyTorch: embeddings, linear layers, layer norm, ReLU, dropout; and its AdamW."""
import torch
import torch.nn.functional as F


class Net(torch.nn.Module):
    """forward(values, ids) -> logits. Neighbouring tables of one width are one table: one gather instead of many."""

    def __init__(self, numbers, tables, hidden, norm, dropout):
        super().__init__()
        self.groups, offsets = [], []  # (first column, columns) of a table
        self.tables = torch.nn.ModuleList()
        for i, (rows, width) in enumerate(tables):
            if i == 0 or width != tables[i - 1][1]:
                self.groups.append([i, 0])
                self.tables.append(torch.nn.Embedding(0, width))
                start = 0
            offsets.append(start)
            start += rows
            self.groups[-1][1] += 1
            self.tables[-1] = torch.nn.Embedding(start, width)
        self.offsets = torch.tensor(offsets, dtype=torch.int64)
        widths = [numbers + sum(width for _, width in tables), *hidden]
        self.linears = torch.nn.ModuleList(torch.nn.Linear(a, b) for a, b in zip(widths, widths[1:] + [1]))
        self.norms = torch.nn.ModuleList(torch.nn.LayerNorm(units) for units in hidden if norm)
        self.dropout = dropout

    def forward(self, values, ids):
        parts = [values] + [table(ids[:, first:first + count]).flatten(1)
                            for table, (first, count) in zip(self.tables, self.groups)]
        h = torch.cat(parts, 1) if len(parts) > 1 else values
        for i, linear in enumerate(self.linears[:-1]):
            h = linear(h)
            h = F.relu(self.norms[i](h) if len(self.norms) else h)
            if self.dropout:
                h = F.dropout(h, self.dropout, self.training)
        return self.linears[-1](h).squeeze(1)

    def begin_with(self, tensors):
        """Takes over the parameters of a checkpoint of ingot, arrays by name."""
        tensors = {name: torch.from_numpy(array) for name, array in tensors.items()}
        with torch.no_grad():
            for table, (first, count) in zip(self.tables, self.groups):
                table.weight.copy_(torch.cat([tensors[f"embeddings.{first + i}.weight"] for i in range(count)]))
            for kind in ("linears", "norms"):
                for i, layer in enumerate(getattr(self, kind)):
                    name = {"linears": "layers", "norms": "norms"}[kind]
                    layer.weight.copy_(tensors[f"{name}.{i}.weight"])
                    layer.bias.copy_(tensors[f"{name}.{i}.bias"])


def tables_of(tensors):
    names = sorted((name for name in tensors if name.startswith("embeddings.")), key=lambda name: int(name.split(".")[1]))
    return [tuple(tensors[name].shape) for name in names]


def adamw(net, learning_rate, weight_decay, how):
    """AdamW that decays weights and embeddings, no biases and norms. how: fused, foreach."""
    decayed = [p for p in net.parameters() if p.ndim >= 2]
    others = [p for p in net.parameters() if p.ndim < 2]
    return torch.optim.AdamW([{"params": decayed, "weight_decay": weight_decay}, {"params": others, "weight_decay": 0.0}],
                             lr=learning_rate, fused=how == "fused", foreach=how == "foreach")


def set_up(threads):
    torch.set_num_threads(threads)
    torch.set_float32_matmul_precision("highest")
    torch.set_flush_denormal(True)  # moments that fade away are slow otherwise
    torch.manual_seed(7)


def versions():
    return {"torch": torch.__version__, "cpu capability": torch.backends.cpu.get_cpu_capability()}

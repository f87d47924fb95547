"""Operators on rows and the optimizer in PyTorch: seconds of a call, eager or compiled."""
import functools
import time

import torch
import torch.nn.functional as F

from torch_model import set_up, versions
from worker import serve, specification


def numbers(*shape):
    return torch.empty(*shape).uniform_(-1, 1)


def softmax(shape):
    x = numbers(*shape)
    return lambda: torch.softmax(x, 1)


def cross_entropy(shape):
    """The loss and its gradient."""
    x = numbers(*shape).requires_grad_()
    targets = torch.randint(0, shape[1], (shape[0],))
    return lambda: torch.autograd.grad(F.cross_entropy(x, targets), x)


def layer_norm(shape):
    x, gamma, beta = numbers(*shape), numbers(shape[1]), numbers(shape[1])
    return lambda: F.layer_norm(x, (shape[1],), gamma, beta)


def layer_norm_gradient_of(shape, wanted):
    """From mean and deviation that the forward pass kept; wanted: input, gamma, beta."""
    x, gamma, dy = numbers(*shape), numbers(shape[1]), numbers(*shape)
    _, mean, rstd = torch.ops.aten.native_layer_norm(x, (shape[1],), gamma, gamma, 1e-5)
    return lambda: torch.ops.aten.native_layer_norm_backward(dy, x, (shape[1],), mean, rstd, gamma, gamma, wanted)


def layer_norm_input_gradient(shape):
    return layer_norm_gradient_of(shape, [True, False, False])


def layer_norm_gradients(shape):
    return layer_norm_gradient_of(shape, [True, True, True])


def gelu(shape):
    x = 4 * numbers(*shape)
    return lambda: F.gelu(x)


def adamw(shape):
    parameter = numbers(*shape).requires_grad_()
    parameter.grad = numbers(*shape)
    optimizers = {how: torch.optim.AdamW([parameter], lr=1e-3, weight_decay=0.01, **{how: True}) for how in ("fused", "foreach")}
    return optimizers["foreach" if specification()["way"] == "compiled" else "fused"].step


@functools.lru_cache(1)  # arrays of the operation before are freed
def ready(operation, *shape):
    """The operation as a function that has been called."""
    call = globals()[operation](shape)
    if specification()["way"] == "compiled":
        torch._dynamo.reset()  # else what was compiled before would make it one for any shape
        call = torch.compile(call)
    for _ in range(3):
        call()
    return call


def time_of(operation, shape, calls):
    call = ready(operation, *shape)
    start = time.perf_counter()
    for _ in range(calls):
        call()
    return {"seconds": (time.perf_counter() - start) / calls}


if __name__ == "__main__":
    set_up(specification()["threads"])
    serve({"time": time_of}, versions=versions())

"""Works that train: steps of three models, and scikit-learn's network."""
import math
import statistics
from contextlib import ExitStack

import curves
import program
from jobs import job_named, prepare
from measure import Failure, Peer, entry, in_turns, largest_difference

SAMPLE_SECONDS = 0.5  # of each side, which takes as many steps as that holds
FEW = 20
CURVE_STEPS = 200
# Both sides begin with the same parameters and take the same batches: sums in another order are all that differs.
CURVE_BOUND = 0.01

EAGER = [{"compile": None, "optimizer": how} for how in ("fused", "foreach")]
COMPILED = [{"compile": mode, "optimizer": how} for mode, how in (("default", "fused"), ("default", "compiled"),
                                                                  ("max-autotune-no-cudagraphs", "fused"))]


def our_step(bench, config, steps, threads=None):
    """Seconds of a step, in a process of its own that warms up with as many."""
    found = program.answer(bench, "bench", "train", config, "--threads", threads or bench.threads, "--samples", 1, "--steps", steps)
    return found["samples"][0]


def our_losses(bench, config):
    found = program.answer(bench, "bench", "train", config, "--threads", bench.threads, "--samples", 1, "--steps", CURVE_STEPS // 2)
    return found["losses"]


def steps_for(seconds, step):
    """As many steps as take so long."""
    return max(2, math.ceil(seconds / step))


def steps_of(bench, config):
    """As many of ours as a sample needs."""
    found = program.answer(bench, "bench", "train", config, "--threads", bench.threads, "--samples", 3)
    return steps_for(SAMPLE_SECONDS, found["seconds"]["median"])


def their_steps(peer, seconds):
    """As many of the peer's, which has warmed up then."""
    peer.ask("time", steps=FEW)
    return steps_for(seconds, min(peer.ask("time", steps=FEW)["seconds"] for _ in range(3)))


def their_step(peer, steps):
    """Seconds of a step, after a few that do not count: the process has slept."""
    peer.ask("time", steps=max(1, steps // 10))
    return peer.ask("time", steps=steps)["seconds"]


def compare_curves(bench, work, ours, theirs, bound, across="step"):
    """Draws them; what of it belongs into an entry. The bound holds for every peer."""
    path = bench.out.with_name(f"{bench.out.stem}-{work}.svg")
    curves.draw(path, f"{work}: loss of every {across}", {"ingot": ours, **theirs}, across)
    difference = max(largest_difference(ours, losses) for losses in theirs.values())
    return {"curves": path.name, "losses": {"ours": ours, **theirs}, "curve_difference": difference, "curve_bound": bound,
            "same_work": difference <= bound}


def quickest(bench, spec, ways):
    """The way of PyTorch that needs least for a few steps, with the seconds of all."""
    tried = {}
    for way in ways:
        label = ", ".join(f"{key} {value}" for key, value in way.items() if value)
        try:
            with Peer(bench, "torch_steps.py", {**spec, **way}) as peer:
                steps = their_steps(peer, SAMPLE_SECONDS / 4)
                tried[label] = min(peer.ask("time", steps=steps)["seconds"] for _ in range(3)), way
        except Failure as failure:  # a way that does not work here must not hide the others
            bench.say(f"  {label}: {failure}")
    if not tried:
        raise Failure("no way of PyTorch works here")
    label = min(tried, key=lambda name: tried[name][0])
    return label, tried[label][1], {name: seconds for name, (seconds, _) in tried.items()}


def torch_ways(bench, spec):
    """{peer's name: (way, environment, ways tried)} of the quickest eager and compiled ones, which are tried with MKL as it is."""
    found = {}
    for name, choices in (("eager", EAGER), ("compiled", COMPILED)):
        label, *found[name] = quickest(bench, spec, choices)
        bench.say(f"  PyTorch {name}: {label} is the quickest")
    return {f"PyTorch {name}{kind}": (way, environment, tried)
            for kind, environment in bench.mkl_kinds().items() for name, (way, tried) in found.items()}


def step(bench, name, goal):
    config, spec = prepare(bench, job_named(name))
    ways = torch_ways(bench, spec)
    steps = {"ours": steps_of(bench, config)}
    with ExitStack() as stack:
        peers = {peer: stack.enter_context(Peer(bench, "torch_steps.py", {**spec, **way}, environment))
                 for peer, (way, environment, _) in ways.items()}
        theirs = {peer: process.ask("losses", steps=CURVE_STEPS)["losses"] for peer, process in peers.items()}
        steps |= {peer: their_steps(process, SAMPLE_SECONDS) for peer, process in peers.items()}
        sides = {"ours": lambda: our_step(bench, config, steps["ours"])}
        sides |= {peer: (lambda peer=peer: their_step(peers[peer], steps[peer])) for peer in peers}
        samples = in_turns(sides, bench.runs)
        versions = next(iter(peers.values())).ready["versions"]
    more = {**compare_curves(bench, name, our_losses(bench, config), theirs, CURVE_BOUND), "unit": "seconds a step"}
    better = min((peer for peer in peers if bench.counts(peer)), key=lambda peer: statistics.median(samples[peer]))
    return [entry(bench, name, peer, samples["ours"], samples[peer], goal if peer == better else None, **more,
                  counts=peer == better, ways=ways[peer][2], runs={"versions": versions, "steps": {"ours": steps["ours"], "peer": steps[peer]}})
            for peer in peers]


# ---- scikit-learn ----

EPOCHS = 6
# It visits the rows in another order.
SKLEARN_BOUND = 0.05


def sklearn(bench):
    """Its solver adam is AdamW without decay, which is what ours does too. Curves: the mean loss of an epoch."""
    config, spec = prepare(bench, job_named("sklearn"))
    steps = spec["rows"] // spec["batch"]
    environment = {"OMP_NUM_THREADS": str(bench.threads), **bench.openblas()}
    with Peer(bench, "sklearn_steps.py", spec, environment) as peer:
        epochs = [peer.ask("epoch") for _ in range(EPOCHS)]
        samples = in_turns({"ours": lambda: our_step(bench, config, steps), "peer": lambda: peer.ask("epoch")["seconds"]}, bench.runs)
        versions = peer.ready["versions"]
    found = program.answer(bench, "bench", "train", config, "--threads", bench.threads, "--samples", EPOCHS - 1, "--steps", steps)
    means = [statistics.fmean(found["losses"][i * steps:(i + 1) * steps]) for i in range(EPOCHS)]
    more = compare_curves(bench, "sklearn", means, {"scikit-learn": [epoch["loss"] for epoch in epochs]}, SKLEARN_BOUND, "epoch")
    return [entry(bench, "sklearn", "scikit-learn MLPClassifier", samples["ours"], samples["peer"], None, **more,
                  unit="seconds a step", runs={"versions": versions, "steps": steps})]

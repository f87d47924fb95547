"""Works of single operators: products beside oneDNN and OpenBLAS, two threads beside one, rows beside PyTorch."""
import statistics

import program
import training
from jobs import job_named, prepare
from measure import Peer, entry, geometric_mean, in_turns

LARGE = 10e6  # FLOP above which two threads are judged


def libraries(bench):
    """Peers' libraries: the newest, of the environment, and Debian's."""
    lib = bench.environment / "lib"
    blas = sorted(lib.glob("python3*/site-packages/scipy_openblas64/lib/libscipy_openblas64_.so"))
    return [str(lib / "libdnnl.so.3"), *map(str, blas), "libdnnl.so.2", "libopenblas.so.0"]


def operators(bench, names, *arguments):
    """Lines of `ingot bench`, without those of the machine's peak."""
    environment = {"LD_LIBRARY_PATH": str(bench.environment / "lib"), **bench.openblas()}
    lines = program.answer(bench, "bench", *names, *arguments, environment=environment)
    return [line for line in lines if line["group"] != "peak"]


def against_libraries(bench, group):
    peers = [argument for library in libraries(bench) for argument in ("--peer", library)]
    return operators(bench, [group], "--threads", bench.threads, "--samples", bench.runs, *peers)


def short(peer):
    """oneDNN 3.13.2, OpenBLAS 0.3.21: what a library says of itself, without how it was built."""
    return " ".join(peer["name"].replace(",", " ").split()[:2])


def beside(bench, work, line, peer, goal, **more):
    return entry(bench, work, short(peer), line["samples"], peer["samples"], goal, shape=line["name"], unit="seconds",
                 rate=line["rate"], percent_of_peak=line["percent_of_peak"], runs={"versions": {"peer": peer["name"]}}, **more)


def whole(bench, work, entries, goal, worst_goal):
    """The geometric mean of a peer's entries, and the worst of them."""
    ratios = [one["ratio"] for one in entries]
    worst = max(entries, key=lambda one: one["ratio"])
    mean = geometric_mean(ratios)
    medians = {side: [statistics.median(one["runs"][side]) for one in entries] for side in ("ours", "peer")}
    met = None if goal is None else mean <= goal and worst["ratio"] <= worst_goal
    return {"work": work, "peer": entries[0]["peer"], "ratio": mean, "goal": goal, "met": met, "worst": worst["ratio"],
            "worst_goal": worst_goal, "shapes": [one["shape"] for one in entries], "unit": "seconds, medians of the shapes",
            "note": f"geometric mean of {len(entries)} shapes; worst {worst['ratio']:.3f} at {worst['shape']}",
            "runs": {**medians, **bench.about}}


def products(bench, groups, goal, worst_goal):
    """Goals are about oneDNN. Every shape is an entry, and every library's geometric mean."""
    entries = []
    for group in groups:
        of_peer = {}
        for line in against_libraries(bench, group):
            for peer in line["peers"]:
                of_peer.setdefault(short(peer), []).append(beside(bench, group, line, peer, None, detail=True))
        for name, shapes in of_peer.items():
            judged = name.startswith("oneDNN")
            entries += [*shapes, whole(bench, group, shapes, goal if judged else None, worst_goal if judged else None)]
    return entries


def thin(bench):
    """Beside the quickest library, shape by shape."""
    entries = []
    for line in against_libraries(bench, "thin"):
        rows, outputs, _ = line["shape"]
        goal = 1 / 0.85 if outputs == 1 and rows > 1 else 1 / 0.95
        best = min(line["peers"], key=lambda peer: peer["seconds"]["median"])
        entries += [beside(bench, "thin", line, peer, goal if peer is best else None, detail=peer is not best, note=line["name"])
                    for peer in line["peers"]]
    return entries


def threads(bench):
    """All threads beside one, for products of more than 10 MFLOP and the step of an MLP."""
    goal = 1 / (0.95 * bench.threads)
    groups = ["products", "input_gradients", "weight_gradients"]

    def sample(count):
        return {line["name"]: line for line in operators(bench, groups, "--threads", count, "--samples", 1) if line["amount"] > LARGE}

    samples = in_turns({"all": lambda: sample(bench.threads), "one": lambda: sample(1)}, bench.runs)
    times = {side: {name: [run[name]["samples"][0] for run in runs] for name in runs[0]} for side, runs in samples.items()}
    found = [entry(bench, "threads", "1 thread", times["all"][name], times["one"][name], goal, shape=name, note=name, unit="seconds")
             for name in times["all"]]
    config, _ = prepare(bench, job_named("step_mlp"))
    steps = training.steps_of(bench, config)
    samples = in_turns({count: (lambda count=count: training.our_step(bench, config, steps, count)) for count in (bench.threads, 1)},
                       bench.runs)
    return [*found, entry(bench, "threads", "1 thread", samples[bench.threads], samples[1], goal, shape="step_mlp", note="step_mlp",
                          unit="seconds a step")]


# Lines of `ingot bench rows`, whose times are added up: what PyTorch does, goal. First of a usual batch, then beyond the caches.
ROWS = {("scores 2048x10",): ("softmax", 0.5), ("scores 131072x64",): ("softmax", 0.5),
        ("loss 2048x10",): ("cross_entropy", 0.5), ("loss 131072x64",): ("cross_entropy", 0.5),
        ("norm_forward 1024x256",): ("layer_norm", 0.5), ("norm_forward 32768x256",): ("layer_norm", 0.5),
        ("norm_backward_input 1024x256",): ("layer_norm_input_gradient", 0.5),
        ("norm_backward_input 32768x256",): ("layer_norm_input_gradient", 0.5),
        ("norm_backward_input 1024x256", "norm_backward_weight 1024x256"): ("layer_norm_gradients", 0.5),
        ("norm_backward_input 32768x256", "norm_backward_weight 32768x256"): ("layer_norm_gradients", 0.5),
        ("activation_forward 1024x256",): ("gelu", 1.0), ("activation_forward 32768x256",): ("gelu", 1.0),
        ("adamw_step 131072",): ("adamw", 0.5), ("adamw_step 4194304",): ("adamw", 0.5)}


def one_row(bench, peers, lines, operation, goal):
    """In turns with PyTorch, eager and compiled; the quicker one counts."""
    work = {"operation": operation, "shape": [int(size) for size in lines[0].split()[1].split("x")]}
    calls = {name: max(1, round(0.1 / peer.ask("time", calls=3, **work)["seconds"])) for name, peer in peers.items()}
    found = {"ours": lambda: sum(line["samples"][0] for line in operators(bench, lines, "--threads", bench.threads, "--samples", 1,
                                                                          "--times-only"))}
    found |= {name: (lambda name=name: peers[name].ask("time", calls=calls[name], **work)["seconds"]) for name in peers}
    samples = in_turns(found, bench.runs)
    better = min(peers, key=lambda peer: statistics.median(samples[peer]))
    shape = " + ".join(lines)
    return [entry(bench, "rows", peer, samples["ours"], samples[peer], goal if peer == better else None, shape=shape,
                  note=f"{operation}, {shape}", unit="seconds", runs={"versions": peers[peer].ready["versions"]}) for peer in peers]


def rows(bench):
    """One operator after the other, once their bits have been checked."""
    operators(bench, sorted({line for lines in ROWS for line in lines}), "--threads", bench.threads, "--samples", 1)
    with (Peer(bench, "torch_rows.py", {"threads": bench.threads, "way": "eager"}) as eager,
          Peer(bench, "torch_rows.py", {"threads": bench.threads, "way": "compiled"}) as compiled):
        peers = {"PyTorch eager": eager, "PyTorch compiled": compiled}
        return [found for lines, (operation, goal) in ROWS.items() for found in one_row(bench, peers, lines, operation, goal)]

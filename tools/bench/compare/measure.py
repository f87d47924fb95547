"""Peers as processes, samples taken in turns, and the entries of results.json that come of them."""
import itertools
import json
import math
import os
import signal
import statistics
import subprocess
from contextlib import suppress
from pathlib import Path

# A peer's large results reuse freed memory; by default each is mapped anew and its pages are filled by faults.
KEEP_MEMORY = {"MALLOC_MMAP_MAX_": "0", "MALLOC_TRIM_THRESHOLD_": str(1 << 40), "MALLOC_TOP_PAD_": str(64 << 20)}
NUMBERS = itertools.count(1)  # of logs
PATIENCE = 60  # seconds until a peer without requests has ended
PEERS = Path(__file__).resolve().parents[1] / "peers"


class Failure(Exception):
    """What cannot be measured, in a sentence."""


class Peer:
    """A script of peers/ that answers requests, one at a time; a context that ends it, at once where something went wrong."""

    def __init__(self, bench, script, spec, environment=None):
        self.name = script
        self.log = bench.folder / "log" / f"{script.removesuffix('.py')}-{os.getpid()}-{next(NUMBERS)}.txt"
        self.log.parent.mkdir(parents=True, exist_ok=True)
        more = {**KEEP_MEMORY, "PYTHONDONTWRITEBYTECODE": "1", "TORCHINDUCTOR_CACHE_DIR": str(bench.folder.resolve() / "inductor")}
        with open(self.log, "w") as log:
            self.process = subprocess.Popen([bench.python, str(PEERS / script), json.dumps(spec)], stdin=subprocess.PIPE,
                                            stdout=subprocess.PIPE, stderr=log, text=True, start_new_session=True,
                                            env={**os.environ, **more, **(environment or {})})
        try:
            self.ready = self.answer()
        except BaseException:
            self.kill()
            raise

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        if kind is None:
            self.end()
        else:
            self.kill()

    def answer(self):
        line = self.process.stdout.readline()
        if not line:
            last = (self.log.read_text().strip() or "it said nothing").split("\n")[-1]
            raise Failure(f"{self.name} ended with {self.process.wait()}: {last} (all of it: {self.log})")
        return json.loads(line)

    def ask(self, do, **request):
        try:
            self.process.stdin.write(json.dumps({"do": do, **request}) + "\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            pass  # answer() says why it ended
        return self.answer()

    def end(self):
        with suppress(BrokenPipeError):
            self.process.stdin.close()
        try:
            code = self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            code = f"no more work after {PATIENCE} s, though it does not end"
        self.kill()
        if code != 0:
            raise Failure(f"{self.name} ended with {code} (what it said: {self.log})")

    def kill(self):
        """With what it has started."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        with suppress(BrokenPipeError):
            self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()


def in_turns(sides, runs):
    """Samples of every side, {name: function without arguments}: one of each, `runs` times."""
    samples = {name: [] for name in sides}
    for _ in range(runs):
        for name, take in sides.items():
            samples[name].append(take())
    return samples


def entry(bench, work, peer, ours, theirs, goal=None, **more):
    """One of results.json. ours, theirs: samples, less is better; goal: the highest ratio that meets it."""
    ratio = statistics.median(ours) / statistics.median(theirs)
    runs = {"ours": ours, "peer": theirs, **bench.about, **more.pop("runs", {})}
    found = {"work": work, "peer": peer, "ratio": ratio, "goal": goal, "met": None if goal is None else ratio <= goal,
             "ratio_of_least": min(ours) / min(theirs)}
    return {**found, **more, "runs": runs}


def geometric_mean(values):
    return math.exp(statistics.fmean(math.log(value) for value in values))


def largest_difference(ours, theirs):
    """Of two loss curves, relative to the peer's loss."""
    if len(ours) != len(theirs):
        return math.inf
    return max(abs(a - b) / abs(b) if math.isfinite(a) and math.isfinite(b) and b else math.inf for a, b in zip(ours, theirs))

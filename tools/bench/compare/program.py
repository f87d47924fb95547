"""The program that is compared: its verbs, with JSON as the answer."""
import json
import os
import subprocess
import time

from measure import Failure


def run(bench, *arguments, environment=None):
    """What it prints. Fails with its own sentence."""
    command = [str(bench.ingot), *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, **(environment or {})})
    if done.returncode != 0:
        said = (done.stderr.strip() or "it said nothing").split("\n")
        raise Failure(f"ingot {' '.join(command[1:])} ended with {done.returncode}: {said[0]}")
    return done.stdout


def answer(bench, *arguments, environment=None):
    return json.loads(run(bench, *arguments, "--json", environment=environment))


def seconds_of(bench, *arguments):
    start = time.perf_counter()
    run(bench, *arguments)
    return time.perf_counter() - start


def initial_parameters(bench, config, run_folder, changes=()):
    """model.safetensors of the parameters before the first step: an epoch by steps so small that nothing changes."""
    run(bench, "train", config, "--run", run_folder, "--quiet", "--threads", bench.threads, "--set",
        "train.optimizer.learning_rate=1e-30", "--set", "train.epochs=1", *changes)
    return max((run_folder / "checkpoints").iterdir()) / "model.safetensors"

"""The trainings that are compared: a configuration, its data, and the same as a specification for peers."""
import subprocess
from dataclasses import dataclass, field

import program
from measure import PEERS, Failure

LEARNING_RATE, WEIGHT_DECAY, SEED = 1e-3, 0.01, 7
EMBED = 16


@dataclass(frozen=True)
class Job:
    name: str
    numbers: int
    categories: int
    hidden: list = field(hash=False)
    batch: int
    rows: int  # 15 of 16 train
    weight_decay: float = WEIGHT_DECAY

    def text(self, data):
        inputs = f"    - {{columns: [{', '.join(f'x{i:02}' for i in range(self.numbers))}], as: numeric, scale: none, missing: error}}\n"
        if self.categories:
            inputs += f"    - {{columns: [{', '.join(f'c{i:02}' for i in range(self.categories))}], as: category, embed: {EMBED}}}\n"
        return (f"name: {self.name}\nseed: {SEED}\ndata:\n  file: {data}\n  split: {{by: order, train: 0.9375, validation: 0.0625}}\n"
                f"  target: {{column: label, task: binary, positive: \"1\"}}\n  inputs:\n{inputs}"
                f"model: {{kind: mlp, hidden: {self.hidden}}}\ntrain:\n  batch: {self.batch}\n  epochs: 100\n"
                f"  optimizer: {{kind: adamw, learning_rate: {LEARNING_RATE}, weight_decay: {self.weight_decay}}}\n")


JOBS = [Job("step_mlp", 64, 0, [256, 256], 1024, 1 << 18),
        Job("step_embeddings", 20, 20, [512, 256, 128], 4096, 1 << 18),
        Job("step_small", 32, 0, [64], 64, 1 << 16),
        Job("sklearn", 64, 0, [256, 256], 1024, 1 << 16, weight_decay=0)]


def data_file(bench, rows, numbers, categories, *options):
    """A file of data, made where it is not there yet."""
    name = "-".join(map(str, (rows, numbers, categories, *options))).replace("--", "")
    path = bench.folder.resolve() / "data" / f"{name}.h5"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        done = subprocess.run([bench.python, str(PEERS / "make_data.py"), str(path), str(rows), str(numbers), str(categories), *options],
                              capture_output=True, text=True)
        if done.returncode != 0:
            raise Failure(f"make_data.py could not make {path}: {(done.stderr.strip() or 'it said nothing').split(chr(10))[-1]}")
    return path


def job_named(name):
    return next(job for job in JOBS if job.name == name)


def data_of(bench, job):
    return data_file(bench, job.rows, job.numbers, job.categories)


def write_config(bench, job):
    data = data_of(bench, job)
    config = bench.folder / "data" / f"{job.name}.yaml"
    config.write_text(job.text(data))
    return config


def prepare(bench, job):
    """(configuration, specification for peers)."""
    config = write_config(bench, job)
    initial = program.initial_parameters(bench, config, bench.new_folder(f"{job.name}-initial"))
    return config, {"data": str(data_of(bench, job)), "rows": job.rows // 16 * 15, "numbers": job.numbers, "categories": job.categories,
                    "hidden": job.hidden, "batch": job.batch, "learning_rate": LEARNING_RATE, "weight_decay": job.weight_decay,
                    "seed": SEED, "threads": bench.threads, "initial": str(initial)}

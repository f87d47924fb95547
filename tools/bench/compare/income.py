"""The income recipe as a whole job, from the HDF5 file to the final checkpoint, beside PyTorch."""
import csv
import itertools
import json
import os
import statistics
from pathlib import Path

import program
from measure import PEERS, Failure, Peer, entry
from training import compare_curves

CONFIG = PEERS.parents[2] / "configs/income.yaml"
NAMES = ("age,workclass,fnlwgt,education,education_num,marital_status,occupation,relationship,race,sex,"
         "capital_gain,capital_loss,hours_per_week,native_country,income")
GOAL = 0.5
# Dropout draws other units on both sides: validation losses differ by chance, at most so much of the loss.
BOUND = 0.03

# What torch_income.py does whatever is configured.
FIXED = {"model.kind": "mlp", "model.activation": "relu", "model.norm": "layer", "train.optimizer.kind": "adamw",
         "train.optimizer.beta1": 0.9, "train.optimizer.beta2": 0.999, "train.optimizer.epsilon": 1e-8, "train.schedule.kind": "cosine",
         "train.schedule.final_fraction": 0, "data.target.task": "binary", "data.weight": "", "data.order": "full"}


def configured(run):
    """{key: value as text} of a run: all that decides its bits, as the program understood the configuration."""
    manifest = json.loads((run / "manifest.json").read_text())
    return dict(line.split("=", 1) for line in manifest["config"]["bits"].splitlines())


def number(text):
    return float.fromhex(text) if "x" in text else float(text)


def items(found, prefix):
    """Values of prefix.0, prefix.1, ..."""
    return list(itertools.takewhile(lambda value: value is not None, (found.get(f"{prefix}.{i}") for i in itertools.count())))


def check_fixed(found):
    for key, fixed in FIXED.items():
        is_same = found.get(key) == fixed if isinstance(fixed, str) else number(found.get(key, "nan")) == fixed
        if not is_same:
            raise Failure(f"{CONFIG} has {key}: {found.get(key)}, and torch_income.py does {fixed}: change it there and here")


def recipe_of(found):
    """The configuration as torch_income.py takes it; it has the numbers before the categories."""
    check_fixed(found)
    numbers, categories = [], []
    for i in itertools.takewhile(lambda i: f"data.inputs.{i}.as" in found, itertools.count()):
        at = f"data.inputs.{i}"
        columns = items(found, f"{at}.columns")
        if found[f"{at}.as"] == "category":
            categories += [[column, int(found[f"{at}.min_count"])] for column in columns]
        elif found[f"{at}.scale"] != "standard" or categories:
            raise Failure(f"{CONFIG}: {', '.join(columns)} should be scaled by standard and come before categories, as in torch_income.py")
        else:
            numbers += columns
    return {"numbers": numbers, "categories": categories, "target": found["data.target.column"],
            "positive": found["data.target.positive"], "hidden": [int(units) for units in items(found, "model.hidden")],
            "dropout": number(found["model.dropout"]), "batch": int(found["train.batch"]), "epochs": int(found["train.epochs"]),
            "learning_rate": number(found["train.optimizer.learning_rate"]),
            "weight_decay": number(found["train.optimizer.weight_decay"]),
            "warmup_steps": int(found["train.schedule.warmup_steps"]), "clip_norm": number(found["train.clip_norm"])}


def published():
    """The folder of the data set, None where it is not there."""
    folder = os.environ.get("INGOT_DATA")
    return Path(folder) / "adult" if folder and (Path(folder) / "adult").is_dir() else None


def import_data(bench):
    """Both files of the published data set, imported as configs/README.md says."""
    adult = published()
    if adult is None:
        raise Failure("INGOT_DATA must name the folder of published data, with adult/adult.data.gz and adult/adult.test.gz")
    folder = bench.folder.resolve() / "data"
    folder.mkdir(parents=True, exist_ok=True)
    train, test = folder / "adult.h5", folder / "adult_test.h5"
    program.run(bench, "import", adult / "adult.data.gz", "-f", "-o", train, "--names", NAMES)
    program.run(bench, "import", adult / "adult.test.gz", "-f", "-o", test, "--names", NAMES, "--skip", 1, "--like", train,
                "--map", "income:<=50K.-><=50K", "--map", "income:>50K.->>50K")
    return train, test


def on_imported(train, test):
    """Options that name the imported files."""
    return ["--set", f"data.file={train}", "--set", f"data.test_file={test}"]


class Income:
    def __init__(self, bench):
        self.bench = bench
        train, test = import_data(bench)
        # Both sides train all epochs: which one would end early is chance.
        changes = [*on_imported(train, test), "--set", "train.early_stop.patience_epochs=0"]
        self.ours = [CONFIG, "--quiet", "--threads", bench.threads, *changes]
        self.spec = {"data": str(train), "threads": bench.threads, "parts": str(self.write_parts(changes)),
                     "initial": str(program.initial_parameters(bench, CONFIG, bench.new_folder("income-initial"), changes))}
        self.validation, self.number = {}, 0

    def write_parts(self, changes):
        """Which rows of the first file train and which validate, as ingot has it."""
        table, numbers = self.bench.folder / "data/parts.csv", self.bench.folder / "data/parts.json"
        program.run(self.bench, "plan", CONFIG, *changes, "--parts", table, "-f")
        with open(table) as file:
            rows = [row for row in csv.DictReader(file) if row["part"] != "test"]
        parts = {part: [int(row["row_id"]) for row in rows if row["part"] == part] for part in ("train", "validation")}
        numbers.write_text(json.dumps(parts))
        return numbers

    def our_job(self):
        """Comes first: the peers' recipe is what this run has."""
        run = self.bench.new_folder("income-run")
        seconds = program.seconds_of(self.bench, "train", *self.ours, "--run", run)
        events = [json.loads(line) for line in (run / "events.jsonl").read_text().splitlines()]
        self.spec |= recipe_of(configured(run))
        self.validation["ingot"] = [event["loss"] for event in events if event["event"] == "validation"]
        return seconds

    def their_job(self, name, way, environment):
        """In a process that has imported what it needs, and done nothing yet."""
        self.number += 1
        with Peer(self.bench, "torch_income.py", {**self.spec, "compile": way}, environment) as peer:
            answer = peer.ask("job", folder=str(self.bench.new_folder(f"income-torch-{self.number}").resolve()))
            self.versions = peer.ready["versions"]
        self.validation[name] = answer["validation"]
        return answer["seconds"]


def income(bench):
    job = Income(bench)
    ways = {f"PyTorch {name}{kind}": (way, environment) for kind, environment in bench.mkl_kinds().items()
            for name, way in (("eager", None), ("compiled", "default"))}
    samples = {"ours": [], **{name: [] for name in ways}}
    for _ in range(bench.runs):
        samples["ours"].append(job.our_job())
        for name, (way, environment) in ways.items():
            samples[name].append(job.their_job(name, way, environment))
    theirs = {name: job.validation[name] for name in ways}
    more = {**compare_curves(bench, "income", job.validation["ingot"], theirs, BOUND, "epoch"), "unit": "seconds"}
    better = min((name for name in ways if bench.counts(name)), key=lambda name: statistics.median(samples[name]))
    return [entry(bench, "income", name, samples["ours"], samples[name], GOAL if name == better else None, **more,
                  runs={"versions": job.versions}) for name in ways]

#!/usr/bin/env python3
"""tools/bench/compare.sh with a program and peers that only pretend: what it refuses, writes and ends with. No time is judged."""
import json
import os
import signal
import subprocess
import sys
import tempfile
import unittest
import xml.etree.ElementTree
from contextlib import ExitStack
from pathlib import Path
from unittest import mock

ROOT = Path(__file__).resolve().parents[2]
BENCH = ROOT / "tools/bench"
sys.dont_write_bytecode = True
sys.path.insert(0, str(BENCH / "compare"))
import compare  # noqa: E402
import income  # noqa: E402
import jobs  # noqa: E402
import loading  # noqa: E402
import measure  # noqa: E402
import memory  # noqa: E402
import operators  # noqa: E402
import training  # noqa: E402
from works import NAMES, Work  # noqa: E402

# Answers as the program does: a step takes 2 ms by two threads and 3.6 by one, a row 25 ns to load, and products 3 ms beside peers of
# 4 and 2 ms. What it is asked for stands in `asked` beside it.
PROGRAM = """#!{python}
import json, sys
from pathlib import Path
verb = sys.argv[1:3]
with open(Path(sys.argv[0]).with_name("asked"), "a") as asked:
    print(*sys.argv[1:], file=asked)

def value(option):
    return sys.argv[sys.argv.index(option) + 1]

if verb == ["--version"]:
    print("ingot 0.0")
elif "absent.yaml" in sys.argv:
    sys.exit("ingot: absent.yaml: there is no such file")
elif verb == ["bench", "train"]:
    seconds = 0.0036 if value("--threads") == "1" else 0.002
    print(json.dumps({{"samples": [seconds], "seconds": {{"median": seconds}}, "losses": [1 / (1 + i) for i in range(1000)][:LOSSES]}}))
elif verb == ["bench", "load"]:
    print(json.dumps({{"samples": [0.025], "rows": 1000000}}))
elif verb[0] == "import":
    pass
elif verb[0] == "plan" and "--parts" in sys.argv:
    Path(value("--parts")).write_text("row_id,part\\n0,train\\n1,validation\\n2,test\\n")
elif verb[0] == "plan":
    print(json.dumps({{"bytes": {{"peak": 100}}}}))
elif verb[0] == "train":
    run = Path(value("--run"))
    (run / "checkpoints/step-1").mkdir(parents=True)
    (run / "events.jsonl").write_text("".join(json.dumps({{"event": "validation", "loss": loss}}) + "\\n" for loss in (0.5, 0.4)))
    (run / "manifest.json").write_text(json.dumps({{"config": {{"bits": Path(sys.argv[0]).with_name("bits").read_text()}}}}))
else:
    peers = [{{"name": name, "samples": [s] * 5, "seconds": {{"median": s}}}} for name, s in
             (("oneDNN 9.9, OpenMP", 0.004), ("OpenBLAS 0.9 Haswell", 0.002))]
    shapes = [("linear_forward 64x1x64", [64, 1, 64]), ("linear_forward 1x64x64", [1, 64, 64])]
    print(json.dumps([{{"group": "peak", "name": "fma"}}] + [{{"name": name, "group": "thin", "shape": shape,
          "samples": [0.005 if value("--threads") == "1" else 0.003] * 5, "amount": 2e7 if shape[0] > 1 else 8192, "rate": 1, "percent_of_peak": 1, "peers": peers}} for name, shape in shapes]))
"""
# Answers as torch_steps.py does; a compiled step takes 3 ms, an eager one 5 ms.
PEER = """
from worker import serve, specification
from pathlib import Path
spec = specification()
asked = []
if spec["compile"] == "max-autotune-no-cudagraphs":
    raise SystemExit("it cannot do this here")
slower = spec["slower"]

def time(steps):
    asked.append(steps)
    Path(__file__).with_name("asked-" + str(spec["compile"])).write_text(str(asked))
    return {"seconds": 0.003 if spec["compile"] else 0.005}

serve({"time": time,
       "losses": lambda steps: {"losses": [slower / (1 + i) for i in range(steps)]}}, versions={"torch": "0.0"})
"""
# Answers as torch_rows.py does; eager operators take 10 ms, compiled ones 20 ms.
ROWS_PEER = """
from worker import serve, specification
seconds = {"eager": 0.01, "compiled": 0.02}[specification()["way"]]
serve({"time": lambda operation, shape, calls: {"seconds": seconds * (operation == "softmax") * shape[2] / 64}}, versions={"torch": "0.0"})
"""

# Answer as make_data.py, torch_loading.py, sklearn_steps.py and torch_income.py do.
OTHER_PEERS = {
    "make_data.py": "import sys; open(sys.argv[1], 'w').close()",
    "torch_loading.py": """
from worker import serve, specification
seconds = {"quick": 0.05, "slow": 0.1}[specification()["way"]]
serve({"epoch": lambda: {"seconds": seconds}}, versions={"torch": "0.0"})
""",
    "sklearn_steps.py": """
import math
from worker import serve, specification
steps, epochs = specification()["rows"] // specification()["batch"], []

def epoch():
    epochs.append(len(epochs))
    return {"seconds": 0.008, "loss": sum(1 / (1 + i) for i in range(epochs[-1] * steps, (epochs[-1] + 1) * steps)) / steps}

serve({"epoch": epoch}, versions={"sklearn": "0.0"})
""",
    "torch_income.py": """
import json
from pathlib import Path
from worker import serve, specification
spec = specification()
Path(__file__).with_name("income.json").write_text(json.dumps(spec))
serve({"job": lambda folder: {"seconds": 20 if spec["compile"] else 10, "validation": [0.5, 0.4 * spec.get("other", 1)]}},
      versions={"torch": "0.0"})
"""}
# As in the manifest of a run.
BITS = """data.inputs.0.as=numeric
data.inputs.0.columns.0=age
data.inputs.0.columns.1=hours
data.inputs.0.scale=standard
data.inputs.1.as=category
data.inputs.1.columns.0=job
data.inputs.1.min_count=10
data.order=full
data.target.column=income
data.target.positive=>50K
data.target.task=binary
data.weight=
model.activation=relu
model.dropout=0x1p-2
model.hidden.0=128
model.hidden.1=64
model.kind=mlp
model.norm=layer
train.batch=512
train.clip_norm=0x1p+0
train.epochs=30
train.optimizer.beta1=0x1.ccccccccccccdp-1
train.optimizer.beta2=0x1.ff7ced916872bp-1
train.optimizer.epsilon=0x1.5798ee2308c3ap-27
train.optimizer.kind=adamw
train.optimizer.learning_rate=0x1p-9
train.optimizer.weight_decay=0x1p-7
train.schedule.final_fraction=0x0p+0
train.schedule.kind=cosine
train.schedule.warmup_steps=50
"""


class Case(unittest.TestCase):
    def setUp(self):
        holder = tempfile.TemporaryDirectory()
        self.addCleanup(holder.cleanup)
        self.folder = Path(holder.name)
        (self.folder / "release").mkdir()
        (self.folder / "peers").mkdir()
        (self.folder / "venv/bin").mkdir(parents=True)
        program = self.folder / "release/ingot"
        program.write_text(PROGRAM.format(python=sys.executable).replace("LOSSES", "200"))
        (self.folder / "release/bits").write_text(BITS)
        program.chmod(0o755)
        python = self.folder / "venv/bin/python"
        python.write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n')
        python.chmod(0o755)
        (self.folder / "peers/torch_steps.py").write_text(PEER)
        for name, text in OTHER_PEERS.items():
            (self.folder / "peers" / name).write_text(text)
        (self.folder / "peers/worker.py").write_text((BENCH / "peers/worker.py").read_text())
        self.out = self.folder / "results.json"
        self.arguments = ["--out", str(self.out), "--build", str(self.folder / "release"), "--environment", str(self.folder / "venv")]
        for module in (measure, jobs):
            self.patch(module, "PEERS", self.folder / "peers")

    def patch(self, module, name, value):
        patcher = mock.patch.object(module, name, value)
        patcher.start()
        self.addCleanup(patcher.stop)

    def bench(self):
        bench = compare.Bench(compare.options_of(self.arguments))
        bench.say = lambda text: None
        bench.mkl_kinds = lambda: {"": {}, compare.FORCED: {}}
        return bench

    def main(self, works, names=()):
        """(exit code, what was printed) with these works instead of the real ones."""
        self.patch(compare, "WORKS", works)
        self.patch(compare, "NAMES", [work.name for work in works])
        with mock.patch("builtins.print") as printed:
            code = compare.main([*self.arguments, *names])
        return code, "\n".join(str(call.args[0]) for call in printed.call_args_list)

    def asked(self):
        """What the program was asked for, call by call."""
        return (self.folder / "release/asked").read_text().splitlines()

    def shell(self, *arguments):
        return subprocess.run([str(BENCH / "compare.sh"), *arguments], capture_output=True, text=True)


class Arguments(Case):
    def test_an_unknown_work_is_refused_with_the_nearest_name(self):
        done = self.shell("--out", str(self.out), "stepmlp")
        self.assertEqual(done.returncode, 2, done.stderr)
        self.assertIn("there is no work 'stepmlp'; did you mean step_mlp?", done.stderr)
        self.assertFalse(self.out.exists())

    def test_too_few_runs_and_no_place_for_results_are_usage(self):
        for arguments, sentence in ((["--out", str(self.out), "--runs", "4"], "--runs must be at least 5"),
                                    (["--out", str(self.out), "--threads", "0"], "--threads in 1..256"),
                                    (["rows"], "--out FILE.json is required"),
                                    (["--out", str(self.folder)], "it is a folder; a file to write is wanted"),
                                    (["--out", str(self.folder / "absent/r.json")], "there is no folder")):
            done = subprocess.run([sys.executable, str(BENCH / "compare/compare.py"), "--check", *arguments], capture_output=True, text=True)
            self.assertEqual((done.returncode, done.stdout), (2, ""), arguments)
            self.assertIn(sentence, done.stderr)

    def test_the_list_names_every_work(self):
        done = self.shell("--list")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual([line.split()[0] for line in done.stdout.splitlines()], NAMES)

    def test_what_lacks_is_named(self):
        (self.folder / "release/ingot").unlink()
        code, said = self.main([])
        self.assertEqual(code, 69)
        self.assertIn("release/ingot: tools/bench/compare.sh builds it", said)

    def test_a_program_that_cannot_run_is_said(self):
        (self.folder / "release/ingot").write_text("#!/bin/sh\necho broken >&2\nexit 9\n")
        code, said = self.main([])
        self.assertEqual(code, 69)
        self.assertIn("compare: ingot --version ended with 9: broken", said)


class Results(Case):
    def entry(self, bench, **more):
        return measure.entry(bench, "w", "p", [3.0, 1.0, 2.0, 9.0, 2.0], [4.0, 4.0, 5.0, 3.0, 4.0], 0.5, **more)

    def test_a_ratio_is_of_medians_and_judged_by_its_goal(self):
        found = self.entry(self.bench(), runs={"versions": {"a": "1"}})
        self.assertEqual((found["ratio"], found["goal"], found["met"]), (0.5, 0.5, True))
        self.assertEqual(found["ratio_of_least"], 1 / 3)
        self.assertEqual(found["runs"]["ours"], [3.0, 1.0, 2.0, 9.0, 2.0])
        self.assertEqual(set(found["runs"]), {"ours", "peer", "cpu", "threads", "ingot", "versions"})
        self.assertFalse(measure.entry(self.bench(), "w", "p", [2.1], [4.0], 0.5)["met"])
        self.assertIsNone(measure.entry(self.bench(), "w", "p", [2.1], [4.0])["met"])

    def test_samples_are_taken_in_turns(self):
        order = []
        samples = measure.in_turns({name: (lambda name=name: order.append(name) or len(order)) for name in "ab"}, 3)
        self.assertEqual(order, list("ababab"))
        self.assertEqual(samples, {"a": [1, 3, 5], "b": [2, 4, 6]})

    def test_all_is_written_though_one_work_fails(self):
        def fail(bench):
            raise measure.Failure("there is no such thing")
        code, said = self.main([Work("good", "", "", lambda bench: [self.entry(bench)]), Work("bad", "", "", fail)])
        self.assertEqual(code, 70)
        self.assertIn("not measured: bad: there is no such thing", said)
        self.assertIn("1 goals met, 0 missed", said)
        self.assertEqual([found["work"] for found in json.loads(self.out.read_text())], ["w"])

    def test_what_nobody_foresaw_is_a_sentence_and_hides_no_other_work(self):
        def fail(bench):
            raise OSError("the disk is full")
        code, said = self.main([Work("bad", "", "", fail), Work("good", "", "", lambda bench: [self.entry(bench)])])
        self.assertEqual(code, 70)
        self.assertIn("not measured: bad: OSError: the disk is full (where: ", said)
        self.assertIn("raise OSError", (self.folder / "bench/log/bad.txt").read_text())
        self.assertEqual([found["work"] for found in json.loads(self.out.read_text())], ["w"])

    def test_an_older_file_does_not_stay(self):
        def fail(bench):
            self.assertEqual(self.out.read_text(), "[]\n")
            raise measure.Failure("no")
        self.out.write_text("older")
        self.assertEqual(self.main([Work("bad", "", "", fail)])[0], 70)
        self.assertEqual(self.out.read_text(), "[]\n")

    def test_what_is_no_number_is_null_in_the_file(self):
        infinite, none = float("inf"), float("nan")
        self.main([Work("w", "", "", lambda bench: [{**self.entry(bench), "a": infinite, "b": {"c": [none, -infinite, 1.5]}}])])
        found = json.loads(self.out.read_text(), parse_constant=self.fail)[0]
        self.assertEqual((found["a"], found["b"]), (None, {"c": [None, None, 1.5]}))

    def test_only_what_was_asked_for_is_measured(self):
        works = [Work(name, "", "", lambda bench, name=name: [{**self.entry(bench), "work": name}]) for name in "abc"]
        self.assertEqual(self.main(works, ["c", "a"])[0], 0)
        self.assertEqual([found["work"] for found in json.loads(self.out.read_text())], ["a", "c"])

    def test_a_missed_goal_is_said_and_no_error(self):
        code, said = self.main([Work("w", "", "", lambda bench: [measure.entry(bench, "w", "p", [3.0], [4.0], 0.5)])])
        self.assertEqual(code, 0)
        self.assertIn("goal missed", said)
        self.assertIn("0 goals met, 1 missed", said)


class Peers(Case):
    def test_one_that_ends_is_named_with_its_last_words(self):
        with self.assertRaisesRegex(measure.Failure, "torch_steps.py ended with 1: it cannot do this here"):
            measure.Peer(self.bench(), "torch_steps.py", {"compile": "max-autotune-no-cudagraphs"})

    def test_the_program_s_sentence_is_passed_on(self):
        with self.assertRaisesRegex(measure.Failure, "ended with 1: ingot: absent.yaml: there is no such file"):
            training.our_step(self.bench(), "absent.yaml", 1)


    def peer(self, text):
        (self.folder / "peers/own.py").write_text("from worker import serve, specification\n" + text)

    def test_all_are_ended_where_one_does_not_start_or_end(self):
        self.peer("if specification()['n'] == 2: raise SystemExit('it cannot start')\nserve({}, pid=1)")
        bench, started, real = self.bench(), [], subprocess.Popen
        self.patch(subprocess, "Popen", lambda *arguments, **more: started.append(real(*arguments, **more)) or started[-1])
        with self.assertRaisesRegex(measure.Failure, "it cannot start"), ExitStack() as stack:
            for n in range(3):
                stack.enter_context(measure.Peer(bench, "own.py", {"n": n}))
        self.peer("serve({})\nraise SystemExit('it ends badly')")
        with self.assertRaisesRegex(measure.Failure, "own.py ended with 1"), ExitStack() as stack:
            for n in range(3):
                stack.enter_context(measure.Peer(bench, "own.py", {"n": n}))
        self.assertEqual(len(started), 6)
        self.assertNotIn(None, [process.returncode for process in started], "one was left")

    def test_one_that_does_not_end_is_ended(self):
        self.patch(measure, "PATIENCE", 0.2)
        self.peer("serve({})\nimport time\ntime.sleep(600)")
        with self.assertRaisesRegex(measure.Failure, "it does not end"), measure.Peer(self.bench(), "own.py", {}) as peer:
            pass
        self.assertEqual(peer.process.returncode, -signal.SIGKILL)

    def test_a_signal_ends_peers_and_removes_what_was_temporary(self):
        self.peer("import os, time\nserve({'wait': lambda: time.sleep(600)}, pid=os.getpid())")
        driver = self.folder / "driver.py"
        driver.write_text(f"""import sys
from pathlib import Path
sys.dont_write_bytecode = True
sys.path.insert(0, {str(BENCH / 'compare')!r})
import compare, measure
from works import Work
measure.PEERS = Path({str(self.folder / 'peers')!r})
def wait(bench):
    with measure.Peer(bench, "own.py", {{}}) as peer:
        print(peer.ready["pid"], flush=True)
        peer.ask("wait")
compare.WORKS, compare.NAMES = [Work("wait", "", "", wait)], ["wait"]
sys.exit(compare.guarded({self.arguments!r}))
""")
        for number, code in ((signal.SIGTERM, 143), (signal.SIGINT, 130)):
            with subprocess.Popen([sys.executable, str(driver)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
                peer = int(process.stdout.readline())
                self.assertEqual(len(list((self.folder / "bench").glob("work-*"))), 1)
                process.send_signal(number)
                process.communicate()
            self.assertEqual(process.returncode, code)
            self.assertEqual(list((self.folder / "bench").glob("work-*")), [])
            with self.assertRaises(ProcessLookupError):
                os.kill(peer, 0)


class Steps(Case):
    def steps(self, slower):
        self.patch(training, "prepare", lambda bench, job: ("job.yaml", {"slower": slower}))
        return self.main([Work("step_mlp", "", "", lambda bench: self.measured(bench))])

    def measured(self, bench):
        bench.say, bench.mkl_kinds = (lambda text: None), (lambda: {"": {}, compare.FORCED: {}})
        return training.step(bench, "step_mlp", 0.7)

    def test_the_better_way_of_pytorch_counts_and_all_are_kept(self):
        code, said = self.steps(1)
        self.assertEqual(code, 0, said)
        found = {entry["peer"]: entry for entry in json.loads(self.out.read_text())}
        self.assertEqual(list(found), ["PyTorch eager", "PyTorch compiled", "PyTorch eager" + compare.FORCED,
                                       "PyTorch compiled" + compare.FORCED])
        compiled = found["PyTorch compiled"]
        self.assertEqual((round(compiled["ratio"], 9), compiled["goal"], compiled["met"]), (round(2 / 3, 9), 0.7, True))
        self.assertEqual(sum(entry["met"] is not None for entry in found.values()), 1, "more than one counts")
        self.assertEqual(found["PyTorch eager"]["ratio"], 0.4)
        self.assertEqual(len(compiled["runs"]["peer"]), 5)
        self.assertEqual(compiled["runs"]["versions"], {"torch": "0.0"})
        self.assertNotIn("compile max-autotune-no-cudagraphs, optimizer fused", compiled["ways"])

    def test_each_side_takes_the_steps_that_its_sample_holds(self):
        self.steps(1)
        found = {entry["peer"]: entry["runs"]["steps"] for entry in json.loads(self.out.read_text())}
        self.assertEqual(found["PyTorch eager"], {"ours": 250, "peer": 100})
        self.assertEqual(found["PyTorch compiled"], {"ours": 250, "peer": 167})
        for name, most in (("None", 100), ("default", 167)):
            asked = json.loads((self.folder / f"peers/asked-{name}").read_text())
            self.assertEqual(max(asked), most)
        self.assertEqual(sum("--steps 250" in line for line in self.asked()), 5)

    def test_loss_curves_are_drawn_and_named(self):
        self.steps(1)
        found = json.loads(self.out.read_text())[0]
        self.assertEqual(found["curve_difference"], 0)
        drawn = xml.etree.ElementTree.parse(self.out.with_name(found["curves"])).getroot()
        self.assertEqual(len(drawn.findall("{http://www.w3.org/2000/svg}polyline")), 5)

    def test_other_work_is_no_comparison(self):
        code, said = self.steps(1.02)
        self.assertEqual(code, 1)
        self.assertIn("NOT THE SAME WORK: loss curves differ by 0.0196, at most 0.01 is allowed", said)

    def test_curves_that_end_or_are_no_numbers_differ(self):
        for theirs in ([1.0], [1.0, float("nan")], [1.0, 0.0]):
            self.assertEqual(measure.largest_difference([1.0, 0.5], theirs), float("inf"))


class Operators(Case):
    def test_thin_products_are_beside_the_quickest_library(self):
        judged = [entry for entry in operators.thin(self.bench()) if not entry["detail"]]
        self.assertEqual([entry["peer"] for entry in judged], ["OpenBLAS 0.9", "OpenBLAS 0.9"])
        self.assertEqual([entry["goal"] for entry in judged], [1 / 0.85, 1 / 0.95])

    def test_a_geometric_mean_is_judged_with_its_worst_shape(self):
        entries = operators.products(self.bench(), ["products"], 1, 0.7)
        means = {entry["peer"]: entry for entry in entries if not entry.get("detail")}
        self.assertEqual(len(entries), 6)
        self.assertAlmostEqual(means["oneDNN 9.9"]["ratio"], 0.75)
        self.assertFalse(means["oneDNN 9.9"]["met"], "its worst shape misses the goal of the worst")
        self.assertIsNone(means["OpenBLAS 0.9"]["met"])

    def test_rows_are_beside_the_better_pytorch_by_the_sum_of_their_operators(self):
        (self.folder / "peers/torch_rows.py").write_text(ROWS_PEER)
        self.patch(operators, "ROWS", {("linear_forward 64x1x64", "linear_forward 1x64x64"): ("softmax", 0.5)})
        eager, compiled = operators.rows(self.bench())
        self.assertEqual([(entry["peer"], entry["goal"]) for entry in (eager, compiled)], [("PyTorch eager", 0.5), ("PyTorch compiled", None)])
        self.assertAlmostEqual(eager["ratio"], 0.6)
        self.assertEqual((len(eager["runs"]["peer"]), eager["met"]), (5, False))


class Wholes(Case):
    """The other works."""

    def setUp(self):
        super().setUp()
        self.quiet = self.bench()
        self.published = self.folder / "published"
        (self.published / "adult").mkdir(parents=True)
        self.patch(os, "environ", {**os.environ, "INGOT_DATA": str(self.published)})

    def test_all_threads_are_beside_one(self):
        product, step = operators.threads(self.quiet)
        self.assertEqual(product["shape"], "linear_forward 64x1x64", "small ones are not judged")
        self.assertAlmostEqual(product["ratio"], 0.6)
        self.assertEqual((step["shape"], step["peer"], step["met"]), ("step_mlp", "1 thread", False))
        self.assertAlmostEqual(step["ratio"], 0.002 / 0.0036)
        self.assertAlmostEqual(step["goal"], 1 / 1.9)

    def test_rates_of_loading_are_judged_by_themselves(self):
        for least, met in ((20e6, True), (50e6, False)):
            quick, slow = loading.load(self.quiet, "load_memory", "memory", [], "full", "memory", ["quick", "slow"], least)
            self.assertEqual((quick["goal"], quick["met"], slow["met"]), (None, met, None))
            self.assertAlmostEqual(quick["rows_per_second"], 40e6)
            self.assertEqual(quick["rows_per_second_goal"], least)
            self.assertAlmostEqual(quick["ratio"], 25e-9 / (0.05 / loading.ROWS))
            self.assertAlmostEqual(slow["ratio"], 25e-9 / (0.1 / loading.ROWS))

    def test_a_peer_that_does_not_start_leaves_none(self):
        started, real = [], subprocess.Popen
        self.patch(subprocess, "Popen", lambda *arguments, **more: started.append(real(*arguments, **more)) or started[-1])
        with self.assertRaisesRegex(measure.Failure, "torch_loading.py ended with 1"):
            loading.load(self.quiet, "load_memory", "memory", [], "full", "memory", ["quick", "absent"], 1)
        self.assertEqual([process.returncode for process in started if process.args[1:2] and "torch" in process.args[1]][-1], 1)
        self.assertNotIn(None, [process.returncode for process in started], "one was left")

    def test_memory_is_as_planned_from_both_sides(self):
        for peaks, met in (([96, 100, 104, 100, 100], True), ([94, 100, 100, 100, 100], False), ([106, 100, 100, 100, 100], False)):
            measured = iter(peaks * 5)
            with mock.patch.object(memory, "peak_bytes", lambda *_: next(measured)):
                found = memory.memory(self.quiet)
            self.assertEqual([entry["shape"] for entry in found], ["step_mlp", "step_embeddings", "step_small", "load_gzip", "income"])
            for entry in found:
                self.assertEqual((entry["ratio"], entry["goal"], entry["met"]), (1, 1.05, met))

    def test_the_peak_of_a_run_that_fails_is_none(self):
        with self.assertRaisesRegex(measure.Failure, "absent.yaml ended with 1"):
            memory.peak_bytes(self.quiet, "train", "absent.yaml")

    def test_scikit_learn_and_ours_train_without_decay(self):
        program = self.folder / "release/ingot"
        program.write_text(program.read_text().replace("[:200]", ""))
        (found,) = training.sklearn(self.quiet)
        self.assertEqual((found["ratio"], found["goal"], found["met"], found["same_work"]), (0.25, None, None, True))
        self.assertIn("weight_decay: 0}", (self.folder / "bench/data/sklearn.yaml").read_text())
        self.assertFalse([line for line in self.asked() if "weight_decay" in line], "a part of them has another decay")

    def test_income_is_what_the_run_says(self):
        eager, compiled = income.income(self.quiet)[:2]
        self.assertEqual((eager["peer"], eager["goal"], eager["met"]), ("PyTorch eager", 0.5, True))
        self.assertEqual((compiled["goal"], compiled["met"]), (None, None))
        self.assertTrue(eager["same_work"])
        spec = json.loads((self.folder / "peers/income.json").read_text())
        for key, value in {"numbers": ["age", "hours"], "categories": [["job", 10]], "target": "income", "positive": ">50K",
                           "hidden": [128, 64], "dropout": 0.25, "batch": 512, "epochs": 30, "learning_rate": 2 ** -9,
                           "weight_decay": 2 ** -7, "warmup_steps": 50, "clip_norm": 1}.items():
            self.assertEqual(spec[key], value, key)

    def test_income_of_another_kind_is_refused(self):
        for line, other in (("model.activation=relu", "model.activation=gelu"), ("train.optimizer.beta1=0x1.ccccccccccccdp-1", "a=b"),
                            ("data.inputs.0.scale=standard", "data.inputs.0.scale=none")):
            (self.folder / "release/bits").write_text(BITS.replace(line, other))
            with self.assertRaisesRegex(measure.Failure, "torch_income.py"):
                income.income(self.quiet)


class Scripts(unittest.TestCase):
    def test_arguments_that_lack_or_are_too_many_are_usage(self):
        for script, *arguments in (("test.sh", "--preset"), ("test.sh", "-R"), ("test.sh", "--preset", "release", "-R"),
                                   ("sweep.sh", "--digests", "extra"), ("sweep.sh", "--help", "extra")):
            done = subprocess.run([str(ROOT / "tools" / script), *arguments], capture_output=True, text=True)
            self.assertEqual((done.returncode, done.stdout), (2, ""), (script, arguments))
            self.assertTrue(done.stderr.startswith(f"Usage: tools/{script}"), done.stderr)


class Environment(Case):
    def test_one_with_the_same_versions_is_left_and_another_folder_refused(self):
        made, other = self.folder / "made", self.folder / "other"
        made.mkdir()
        (made / "requirements.txt").write_text((BENCH / "peers/requirements.txt").read_text())
        other.mkdir()
        (other / "mine.txt").write_text("mine")
        for folder, status in ((made, 0), (other, 73)):
            done = subprocess.run([str(BENCH / "environment.sh"), str(folder)], capture_output=True, text=True)
            self.assertEqual(done.returncode, status, done.stderr)
        self.assertEqual(os.listdir(other), ["mine.txt"])


if __name__ == "__main__":
    unittest.main()

#!/usr/bin/env python3
"""tools/bench/compare.sh with a program and peers that only pretend: what it refuses, writes and ends with. No time is judged."""
import json
import os
import subprocess
import sys
import tempfile
import unittest
import xml.etree.ElementTree
from pathlib import Path
from unittest import mock

ROOT = Path(__file__).resolve().parents[2]
BENCH = ROOT / "tools/bench"
sys.dont_write_bytecode = True
sys.path.insert(0, str(BENCH / "compare"))
import compare  # noqa: E402
import measure  # noqa: E402
import operators  # noqa: E402
import training  # noqa: E402
from works import NAMES, Work  # noqa: E402

# Answers as the program does: a step takes 2 ms, and products 3 ms beside peers of 4 and 2 ms.
PROGRAM = """#!{python}
import json, sys
verb = sys.argv[1:3]
if verb == ["--version"]:
    print("ingot 0.0")
elif "absent.yaml" in sys.argv:
    sys.exit("ingot: absent.yaml: there is no such file")
elif verb == ["bench", "train"]:
    print(json.dumps({{"samples": [0.002], "seconds": {{"median": 0.002}}, "losses": [1 / (1 + i) for i in range(200)]}}))
else:
    peers = [{{"name": name, "samples": [s] * 5, "seconds": {{"median": s}}}} for name, s in
             (("oneDNN 9.9, OpenMP", 0.004), ("OpenBLAS 0.9 Haswell", 0.002))]
    shapes = [("linear_forward 64x1x64", [64, 1, 64]), ("linear_forward 1x64x64", [1, 64, 64])]
    print(json.dumps([{{"group": "peak", "name": "fma"}}] + [{{"name": name, "group": "thin", "shape": shape, "samples": [0.003] * 5,
          "rate": 1, "percent_of_peak": 1, "peers": peers}} for name, shape in shapes]))
"""
# Answers as torch_steps.py does; a compiled step takes 3 ms, an eager one 5 ms.
PEER = """
from worker import serve, specification
spec = specification()
if spec["compile"] == "max-autotune-no-cudagraphs":
    raise SystemExit("it cannot do this here")
slower = spec["slower"]
serve({"time": lambda steps: {"seconds": 0.003 if spec["compile"] else 0.005},
       "losses": lambda steps: {"losses": [slower / (1 + i) for i in range(steps)]}}, versions={"torch": "0.0"})
"""
# Answers as torch_rows.py does; eager operators take 10 ms, compiled ones 20 ms.
ROWS_PEER = """
from worker import serve, specification
seconds = {"eager": 0.01, "compiled": 0.02}[specification()["way"]]
serve({"time": lambda operation, shape, calls: {"seconds": seconds * (operation == "softmax") * shape[2] / 64}}, versions={"torch": "0.0"})
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
        program.write_text(PROGRAM.format(python=sys.executable))
        program.chmod(0o755)
        python = self.folder / "venv/bin/python"
        python.write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n')
        python.chmod(0o755)
        (self.folder / "peers/torch_steps.py").write_text(PEER)
        (self.folder / "peers/worker.py").write_text((BENCH / "peers/worker.py").read_text())
        self.out = self.folder / "results.json"
        self.arguments = ["--out", str(self.out), "--build", str(self.folder / "release"), "--environment", str(self.folder / "venv")]
        self.patch(measure, "PEERS", self.folder / "peers")

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
                                    (["--out", str(self.folder / "absent/r.json")], "there is no folder")):
            done = self.shell(*arguments)
            self.assertEqual(done.returncode, 2, arguments)
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

#!/usr/bin/env python3
"""Runs the commands of a README as written, in a folder of its own, and compares the outputs it shows.

    check_readme.py README --build DIR             every indented block; exit 1 where a command or an output differs
    check_readme.py README --build DIR --rewrite   writes what was printed into README; refused where CI is set
    check_readme.py --self-test                    an output that is not what was printed, and the refusal, are found

An indented block that begins with `== ` shows sections of output, each whole or, where its last line is `...`, as long
as it is: sections of the demo by name, or `== ingot ...`, which runs in its place. Every other block is commands. tools/demo.sh runs as `tools/demo.sh --job`, on the build that
is there, and tools/test.sh, which runs this, does not. Published files that commands name come from INGOT_DATA; without it the parts (`## `) that name one are left out.
"""
import argparse
import difflib
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SKIPPED = 77  # as ctest's SKIP_RETURN_CODE says
BLOCK = re.compile(r"(?:^    .+\n(?:\n(?=    ))*)+", flags=re.M)


def is_output(block):
    return block.startswith("    == ")


def command_lines(block):
    lines = re.sub(r"^    ", "", block, flags=re.M).split("\n")
    if not is_output(block):
        return lines
    shown = [line for line in lines if line.startswith("== ingot ")]
    return [f"echo {shlex.quote(line)}; {line[3:]}; echo '== end'" for line in shown]


def commands_of(text):
    lines = [line for match in BLOCK.finditer(text) for line in command_lines(match.group(0)) if line]
    lines = [line.replace("tools/demo.sh", "tools/demo.sh --job") for line in lines]
    return "".join(f"{line}\n" for line in lines if not line.startswith("tools/test.sh"))


def sections_of(output):
    """Lines of output by the section, `== name`, in which they stand."""
    sections = {}
    for line in output.split("\n"):
        if line.startswith("== "):
            current = sections.setdefault(line, [])
        elif sections:
            current.append(line)
    return {name: "\n".join(lines).rstrip("\n").split("\n") for name, lines in sections.items()}


def excerpt(name, shown, sections):
    printed = sections.get(name, ["(the demo has no section of this name)"])
    return printed[: len(shown) - 1] + ["..."] if shown[-1] == "..." else printed


def with_outputs(text, output):
    """The README with its output blocks as the output says."""
    sections = sections_of(output)

    def rewritten(match):
        if not is_output(match.group(0)):
            return match.group(0)
        shown = sections_of(re.sub(r"^    ", "", match.group(0), flags=re.M))
        blocks = ["\n".join([name, *excerpt(name, lines, sections)]) for name, lines in shown.items()]
        return re.sub(r"^(?=.)", "    ", "\n\n".join(blocks), flags=re.M) + "\n"

    return BLOCK.sub(rewritten, text)


def published_names(commands):
    named = set(re.findall(r"^ingot import (\S+)", commands, flags=re.M))
    return sorted(name for name in named if "/" not in name)


def parts_to_check(text):
    """The README in parts, and whether each can be checked here."""
    parts = re.split(r"^(?=## )", text, flags=re.M)
    return [(part, "INGOT_DATA" in os.environ or not published_names(commands_of(part))) for part in parts]


def published_files(commands):
    return [path for name in published_names(commands) for path in Path(os.environ["INGOT_DATA"]).glob(f"*/{name}")]


def run(commands, build, files):
    """What the commands print, run in a copy of what a checkout holds after the build."""
    with tempfile.TemporaryDirectory() as folder:
        for name in ("configs", "tools"):
            shutil.copytree(ROOT / name, Path(folder, name))
        Path(folder, "build").mkdir()
        Path(folder, "build", "release").symlink_to(build)
        for path in files:
            Path(folder, path.name).symlink_to(path.resolve())
        environment = {**os.environ, "PATH": f"{build}:{os.environ['PATH']}"}
        return subprocess.run(["bash", "-xeuo", "pipefail", "-c", commands], cwd=folder, env=environment,
                              capture_output=True, text=True)


def check(readme, build, rewrite):
    text = readme.read_text()
    parts = parts_to_check(text)
    commands = "".join(commands_of(part) for part, can in parts if can)
    if not all(can for _, can in parts):
        print("readme: Skipped\nINGOT_DATA names no folder of published data")
        if not commands:
            return SKIPPED
    result = run(commands, build.resolve(), published_files(commands))
    if result.returncode != 0:
        print(f"{readme}: a command failed with {result.returncode}:", *result.stderr.split("\n")[-12:], sep="\n")
        return 1
    expected = "".join(with_outputs(part, result.stdout) if can else part for part, can in parts)
    if rewrite:
        readme.write_text(expected)
    elif expected != text:
        names = str(readme), "what the program prints (--rewrite takes it over)"
        print(*difflib.unified_diff(text.split("\n"), expected.split("\n"), *names, lineterm=""), sep="\n")
        return 1
    print(f"readme: {readme.name}: every command ran and every output is as shown")
    return 0


def self_test():
    readme = "Text.\n\n    ingot a\n\nText.\n\n    == A: x\n    1\n\n    == B\n    2\n    ...\n\nText.\n"
    output = "before\n== A: x\n1\n\n== B\n2\n3\n"
    cases = [
        (with_outputs(readme, output) == readme, "an output as printed is taken for another"),
        (with_outputs(readme.replace("1", "7"), output) == readme, "a number that differs is not mended"),
        (with_outputs(readme.replace("    2\n", ""), output) != readme, "a missing line is not found"),
        (with_outputs(readme.replace("== B", "== C"), output) != readme.replace("== B", "== C"), "a section that does not exist is not found"),
        (commands_of(readme) == "ingot a\n", "the commands are not found"),
        (commands_of("    == ingot 'a'\n    1\n") == "echo '== ingot '\"'\"'a'\"'\"''; ingot 'a'; echo '== end'\n", "a command in an output is not run"),
    ]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "README.md")
        for text, status in [("    true\n", 0), ("    false\n", 1), ("    true\n\nText.\n\n    == A\n    1\n", 1)]:
            path.write_text(text)
            cases.append((check(path, Path(folder), rewrite=False) == status, f"another status than {status} of {text!r}"))
        refused = subprocess.run([sys.executable, __file__, str(path), "--build", folder, "--rewrite"], env={**os.environ, "CI": "true"})
        cases.append((refused.returncode == 2 and path.read_text() == text, "README is rewritten in CI"))
    failures = [sentence for holds, sentence in cases if not holds]
    print("\n".join(failures) if failures else "readme: the check can fail")
    return 1 if failures else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("readme", nargs="?", type=Path, default=ROOT / "README.md")
    parser.add_argument("--build", type=Path, default=ROOT / "build" / "release", help="folder with the program")
    parser.add_argument("--rewrite", action="store_true")
    parser.add_argument("--self-test", action="store_true")
    options = parser.parse_args()
    if options.rewrite and "CI" in os.environ:
        parser.error("outputs are not rewritten in CI: leave out --rewrite")
    return self_test() if options.self_test else check(options.readme, options.build, options.rewrite)


if __name__ == "__main__":
    sys.exit(main())

# Reads ctest's JUnit file: prints skips with their reasons, failures by name, and the closing count.
import sys
import xml.etree.ElementTree as ElementTree


def reason(case):
    """The line GoogleTest prints after 'Skipped'."""
    lines = (case.findtext("system-out") or "").splitlines()
    for before, line in zip(lines, lines[1:]):
        if before.rstrip().endswith(": Skipped"):
            return line.strip()
    return "no reason given"


def main(path):
    passed = failed = skipped = 0
    for case in ElementTree.parse(path).getroot().iter("testcase"):
        if case.get("status") in ("notrun", "disabled") or case.find("skipped") is not None:
            skipped += 1
            print(f"skipped: {case.get('name')}: {reason(case)}")
        elif case.get("status") == "fail" or case.find("failure") is not None:
            failed += 1
            print(f"FAILED: {case.get('name')}")
        else:
            passed += 1
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    return 1 if failed or passed == 0 else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))

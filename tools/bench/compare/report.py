"""What is said about entries of results.json: a line each, and the table at the end."""


def cpu_fact(name):
    with open("/proc/cpuinfo") as file:
        return next((line.split(":", 1)[1].strip() for line in file if line.startswith(name)), "unknown")


def amd_with_avx512():
    return cpu_fact("vendor_id") == "AuthenticAMD" and "avx512f" in cpu_fact("flags").split()


def verdict(entry):
    if entry.get("same_work") is False:
        return f"NOT THE SAME WORK: loss curves differ by {entry['curve_difference']:.3g}, at most {entry['curve_bound']:g} is allowed"
    if entry["met"] is None:
        return ""
    return "goal met" if entry["met"] else "goal missed"


def cells(entry):
    goal = "" if entry["goal"] is None else f"{entry['goal']:.3g}"
    return [entry["work"], entry["peer"], f"{entry['ratio']:.3f}", goal, verdict(entry), entry.get("note", "")]


def line_of(entry):
    return "  " + "  ".join(cell for cell in cells(entry) if cell)


def columns(rows):
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip() for row in rows)


def table(entries, failures):
    rows = [["work", "peer", "ratio", "goal", "", ""]] + [cells(entry) for entry in entries if not entry.get("detail")]
    judged = [entry["met"] for entry in entries if entry["met"] is not None]
    return "\n".join([columns(rows), "", "ratio: our time over the peer's, of medians; goal: the highest that meets it",
                      *(f"not measured: {failure}" for failure in failures),
                      f"{judged.count(True)} goals met, {judged.count(False)} missed"])


def list_text(works):
    return columns([[work.name, work.what, work.goal] for work in works])

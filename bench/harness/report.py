"""What was measured, as a table for a terminal and as JSON."""
import json

from harness import machine

DISTURBED = 0.05  # part of the machine that others took, from which on a run is marked


def as_text(surroundings, made, entries, notes):
    lines = machine.lines(surroundings)
    lines.append(f"data     {made.about}, {gigabytes(made.size)}")
    lines.append("")
    lines += table(HEADING, [row(entry, segue_seconds(entries)) for entry in ranked(entries)])
    lines.append("")
    lines += agreement(entries)
    lines += [f"{entry.name} has no time: {entry.fault}" for entry in entries if entry.fault]
    lines += [f"not here: {note}" for note in notes]
    if any(run["others"] > DISTURBED for entry in entries for run in entry.runs):
        lines.append(f"*: other work took more than {DISTURBED:.0%} of the machine during this run")
    return "\n".join(lines)


HEADING = ["", "seconds", "x Segue", "anonymous", "resident", "process", "all runs", "version"]


def row(entry, segue):
    best = entry.best
    ratio = f"{best['seconds'] / segue:.1f}" if segue else ""
    runs = "  ".join(f"{run['seconds']:.2f}{'*' if run['others'] > DISTURBED else ' '}" for run in entry.runs)
    peak = max(run["anonymous"] for run in entry.runs)
    resident = max(run["resident"] for run in entry.runs)
    return [entry.name, f"{best['seconds']:.2f}", ratio, gigabytes(peak), gigabytes(resident), f"{best['process']:.2f}", runs, entry.version]


def table(heading, rows):
    """Lines with columns as wide as they must be; all but the first and the last two stand right."""
    widths = [max(len(cells[column]) for cells in [heading, *rows]) for column in range(len(heading))]
    left = {0, len(heading) - 2, len(heading) - 1}

    def line(cells):
        return "  ".join(cell.ljust(width) if column in left else cell.rjust(width) for column, (cell, width) in enumerate(zip(cells, widths))).rstrip()

    return [line(cells) for cells in [heading, *rows]]


def agreement(entries):
    """Says whose results were found to be the same."""
    same = [entry.name for entry in entries if entry.runs and entry.compared]
    if len(same) < 2:
        return ["results were compared with no other engine's"]
    return [f"results are the same, row by row: {', '.join(same)}"]


def ranked(entries):
    return sorted((entry for entry in entries if entry.runs), key=lambda entry: entry.best["seconds"])


def segue_seconds(entries):
    return next((entry.best["seconds"] for entry in entries if entry.name == "segue" and entry.runs), None)


def gigabytes(count):
    return f"{count / 1e9:.2f} GB"


def as_json(surroundings, made, entries, notes):
    segue = segue_seconds(entries)
    found = [
        {
            "name": entry.name,
            "version": entry.version,
            "fault": entry.fault,
            "seconds": entry.best["seconds"] if entry.runs else None,
            "ratio": entry.best["seconds"] / segue if entry.runs and segue else None,
            "runs": entry.runs,
        }
        for entry in entries
    ]
    measured = {"rows": made.rows, "about": made.about, "bytes": made.size}
    return json.dumps({"machine": surroundings, "data": measured, "contenders": found, "not_here": notes}, indent=2)

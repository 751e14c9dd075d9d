"""`./dev bench lastfm`: the four questions about plays, from the text file to tables on the disk, in every engine."""
import contextlib
import dataclasses
import json
import shutil
import sys
import tempfile
import pathlib

from harness import contenders, data, machine, process, report, tables
from harness.failure import BenchFailure

NAME = "lastfm"
HELP = "Segue beside DuckDB, Polars, DataFusion and chDB on the lastfm questions"


@dataclasses.dataclass
class Entry:
    """A contender with all that was found out about it."""

    contender: object
    fault: str | None = None  # why it has no time: it failed, or its answer differs
    version: str = ""
    runs: list = dataclasses.field(default_factory=list)

    @property
    def name(self):
        return self.contender.name

    @property
    def best(self):
        """The fastest run."""
        return min(self.runs, key=lambda run: run["seconds"])


def add_arguments(parser):
    parser.add_argument("--rows", type=int, default=data.FULL_ROWS, metavar="N", help=f"plays (default {data.FULL_ROWS:,}, the size of Last.fm-1K)")
    parser.add_argument("--contenders", type=lambda text: text.split(","), default=[], metavar="A,B", help="only these: segue, duckdb, polars, datafusion, chdb, generic, limit")


def run(arguments):
    surroundings = machine.describe()
    machine.pin(arguments.threads)
    taking_part, notes = contenders.chosen(arguments.contenders)
    plays = data.plays(arguments.rows)
    entries = [Entry(contender) for contender in taking_part]
    data.warm(plays)
    compare(entries, plays, arguments.threads)
    time(entries, plays, arguments)
    print(report.as_json(surroundings, plays, entries, notes) if arguments.json else report.as_text(surroundings, plays, entries, notes))
    return 1 if any(entry.fault for entry in entries) else 0


def compare(entries, plays, threads):
    """One run of each that is not timed; whose answer is not that of the others gets no further."""
    answers = {}
    for entry in entries:
        with folder() as results:
            outcome = attempt(entry, plays, results, threads)
            if outcome and (answer := entry.contender.results(results, outcome)):
                entry.fault = lost_plays(answer, plays.rows)
                answers[entry.name] = answer
    if not answers:
        return
    right = answers[tables.agreement(answers)]
    for entry in entries:
        if entry.name in answers and not entry.fault:
            entry.fault = tables.difference(answers[entry.name], right)


def lost_plays(answer, rows):
    """Every play is in exactly one session, so the sessions' plays add up to the rows of the file."""
    counted = sum(answer["sessions"].column("plays").to_pylist())
    return None if counted == rows else f"sessions: they hold {counted:,} plays, the file {rows:,}"


def time(entries, plays, arguments):
    """The timed runs, in turns, so that what changes on the machine meanwhile changes for all."""
    for turn in range(arguments.runs):
        for entry in entries:
            if not entry.fault:
                with folder() as results:
                    outcome = attempt(entry, plays, results, arguments.threads)
                    if outcome:
                        add_run(entry, outcome)
                        say(f"{turn + 1}/{arguments.runs} {entry.name} {entry.runs[-1]['seconds']:.2f} s")


def attempt(entry, plays, results, threads):
    """Runs a contender once. None, and its fault noted, when it did not succeed."""
    command = entry.contender.command(plays, results, threads)
    with folder() as outputs:
        outcome = process.measure(command, outputs)
    if outcome.exit_code == 0:
        return outcome
    last = (outcome.stderr.strip() or outcome.stdout.strip()).splitlines()[-1:]
    entry.fault = f"failed with exit code {outcome.exit_code}: {''.join(last)}"
    return None


def add_run(entry, outcome):
    timed = entry.contender.timed(outcome)
    entry.version = timed.version
    entry.runs.append(
        {
            "seconds": timed.seconds if timed.seconds is not None else outcome.wall,
            "process": outcome.wall,
            "processor": outcome.processor,
            "others": outcome.others,
            "anonymous": outcome.anonymous,
            "resident": outcome.resident,
            "steps": timed.steps,
        }
    )


@contextlib.contextmanager
def folder():
    """A new folder on the disk that the data lies on, gone afterwards."""
    data.FOLDER.mkdir(parents=True, exist_ok=True)
    path = pathlib.Path(tempfile.mkdtemp(prefix="run-", dir=data.FOLDER.absolute()))
    try:
        yield path
    finally:
        shutil.rmtree(path)


def say(line):
    print(line, file=sys.stderr, flush=True)

"""The course of `./dev bench JOB`: one job, from its files to tables on the disk, in every engine."""
import contextlib
import dataclasses
import pathlib
import shutil
import sys
import tempfile

from harness import contenders, data, machine, process, report, tables


@dataclasses.dataclass
class Entry:
    """A contender with all that was found out about it."""

    contender: object
    fault: str | None = None  # why it has no time: it failed, or its answer differs
    compared: bool = False  # its answer was held against the others'
    version: str = ""
    runs: list = dataclasses.field(default_factory=list)

    @property
    def name(self):
        return self.contender.name

    @property
    def best(self):
        """The fastest run."""
        return min(self.runs, key=lambda run: run["seconds"])


def add_arguments(parser, job):
    parser.add_argument("--rows", type=int, default=job.full_rows, metavar="N", help=f"{job.noun} (default {job.full_rows:,})")
    parser.add_argument("--contenders", type=lambda text: text.split(","), default=[], metavar="A,B", help=f"only these: {', '.join(contenders.names(job))}")


def run(job, arguments):
    surroundings = machine.describe()
    machine.pin(arguments.threads)
    made = data.of_job(job, arguments.rows)
    taking_part, notes = contenders.chosen(job, made, arguments.contenders)
    entries = [Entry(contender) for contender in taking_part]
    data.warm(made)
    compare(job, entries, made, arguments.threads)
    time(entries, made, arguments)
    write = report.as_json if arguments.json else report.as_text
    print(write(surroundings, made, entries, notes))
    return 1 if any(entry.fault for entry in entries) else 0


def compare(job, entries, made, threads):
    """One run of each that is not timed; whose answer is not that of the others gets no further."""
    answers = {}
    for entry in entries:
        if found := answer(entry, made, threads):
            entry.fault = job.lost(found, made.rows)
            entry.compared = True
            answers[entry.name] = found
    if not answers:
        return
    right = answers[tables.agreement(answers)]
    for entry in entries:
        if entry.compared and not entry.fault:
            entry.fault = tables.difference(answers[entry.name], right)


def answer(entry, made, threads):
    """The tables of one run that is not timed. None, and the fault noted, when it did not succeed."""
    with folder() as results:
        return entry.contender.results(results) if attempt(entry, made, results, threads) else None


def time(entries, made, arguments):
    """The timed runs, in turns, so that what changes on the machine meanwhile changes for all."""
    for turn in range(arguments.runs):
        for entry in entries:
            if not entry.fault:
                with folder() as results:
                    outcome = attempt(entry, made, results, arguments.threads)
                    if outcome:
                        add_run(entry, outcome)
                        say(f"{turn + 1}/{arguments.runs} {entry.name} {entry.runs[-1]['seconds']:.2f} s")


def attempt(entry, made, results, threads):
    """Runs a contender once. None, and its fault noted, when it did not succeed."""
    command = entry.contender.command(made, results, threads)
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

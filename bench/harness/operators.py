"""`./dev bench operators`: each operator alone, in Segue and in DuckDB, on the same generated rows.

DuckDB reads the files once, into tables in memory; Segue reads them in each run. So a run that only counts the values of
the same columns is measured for Segue, and an operator's time is what its own run takes longer than that.
"""
import dataclasses
import json
import shutil
import sys

from harness import compare, contenders, data, machine, report, tables
from harness.failure import BenchFailure
from harness.tables import FRACTION, NAME, NUMBER, Table

BENCH = "operators"
HELP = "each operator alone on ten million rows, in Segue and in DuckDB"
FULL_ROWS = 10_000_000
FILES = ("events", "keys", "kinds")
MEASURABLE = 0.01  # seconds; what is shorter is lost between the two runs that it is the difference of


@dataclasses.dataclass(frozen=True)
class Operator:
    """One statement of bench/operators, which goes by its name there."""

    title: str
    scan: str  # the step that reads the same columns and does nothing with them
    answer: Table


OPERATORS = {
    "group_few": Operator("group by, 100 groups", "scan_kind_amount", Table(1, {"kind": NUMBER, "events": NUMBER, "amount": FRACTION, "most": FRACTION})),
    "group_many": Operator("group by, a group for two rows", "scan_key_amount", Table(1, {"keys": NUMBER, "most_events": NUMBER, "most_amount": FRACTION})),
    "group_names": Operator("group by, 100,000 texts", "scan_name", Table(1, {"names": NUMBER, "most_events": NUMBER})),
    "count_distinct": Operator("count(DISTINCT), 100 groups", "scan_kind_key", Table(1, {"kind": NUMBER, "keys": NUMBER})),
    "distinct_pairs": Operator("DISTINCT, nearly all rows", "scan_kind_key", Table(1, {"pairs": NUMBER, "last_key": NUMBER})),
    "join_small": Operator("join, 100 rows", "scan_kind_amount", Table(1, {"label": NAME, "events": NUMBER, "most": FRACTION})),
    "join_large": Operator("join, half as many rows", "scan_both", Table(1, {"events": NUMBER, "most": FRACTION})),
    "window_row_number": Operator("row_number() by key", "scan_key_happened_at", Table(1, {"last_place": NUMBER, "events": NUMBER})),
    "window_lag": Operator("lag() by key", "scan_key_happened_at", Table(1, {"pauses": NUMBER, "longest": NUMBER})),
    "window_running_sum": Operator("running sum() by key", "scan_key_amount_happened_at", Table(1, {"events": NUMBER, "most": FRACTION})),
    "top": Operator("first 100 of all", "scan_id_amount", Table(1, {"id": NUMBER, "amount": FRACTION})),
    "top_of_each": Operator("first 3 of each of 100", "scan_id_kind_amount", Table(2, {"kind": NUMBER, "place": NUMBER, "id": NUMBER, "amount": FRACTION})),
    "sort": Operator("sort", "scan_id_amount", Table(1, {"id": NUMBER, "amount": FRACTION})),
}
ANSWERS = {name: operator.answer for name, operator in OPERATORS.items()}


class Step:
    """A step of the pipeline, run by Segue in a project and a lake that are new for each run."""

    def __init__(self, name):
        self.name = name

    def command(self, made, folder, threads):
        shutil.copy("segue.yaml", folder)
        shutil.copytree("bench/operators", folder / "pipelines/operators")
        params = contenders.params(FILES, made)
        return [data.SEGUE.absolute(), "-C", folder, "run", "operators", "--select", self.name, "--threads", str(threads), *params, "--explain", "--json"]

    def timed(self, outcome):
        """With the seconds of its operators but the scan, of all threads together."""
        record = json.loads(outcome.stdout)
        engines = {step["engine"] for step in record["steps"]}
        if engines != {"native"}:
            raise BenchFailure(f"{self.name} was computed by {', '.join(engines)}: it says nothing about Segue's operators")
        inside = sum(operator["seconds"] for operator in record["operators"] if not operator["name"].startswith("Scan "))
        return contenders.Timed(contenders.version(), steps={"operators": inside})

    def results(self, folder):
        return tables.from_files({self.name: ANSWERS[self.name]}, lambda table: tables.delta_files(folder / "lake/operators" / table))


def add_arguments(parser):
    parser.add_argument("--rows", type=int, default=FULL_ROWS, metavar="N", help=f"rows of events (default {FULL_ROWS:,})")


def run(arguments):
    surroundings = machine.describe()
    machine.pin(arguments.threads)
    made = data_of(arguments.rows)
    duckdb = compare.Entry(contenders.Peer(BENCH, "duckdb", ANSWERS))
    steps = {step: compare.Entry(Step(step)) for name, operator in OPERATORS.items() for step in (operator.scan, name)}
    data.warm(made)
    check(duckdb, steps, made, arguments.threads)
    compare.time([duckdb, *steps.values()], made, arguments)
    for entry in [duckdb, *(steps[operator.scan] for operator in OPERATORS.values())]:
        if entry.fault:
            raise BenchFailure(f"{entry.name} {entry.fault}")
    found = [line_of(name, steps, duckdb) for name in OPERATORS]
    if arguments.json:
        runs = {entry.name: entry.runs for entry in [duckdb, *steps.values()]}
        print(json.dumps({"machine": surroundings, "data": {"rows": made.rows, "bytes": made.size}, "operators": found, "runs": runs}, indent=2))
    else:
        print("\n".join(as_text(surroundings, made, found, duckdb)))
    return 1 if any(line["fault"] for line in found) else 0


def data_of(rows):
    """The generated files; makes them if need be."""
    folder = (data.FOLDER / f"{BENCH}-{rows}").absolute()
    made = data.Data(rows, f"{rows:,} events, {rows // 2:,} keys", folder, tuple(f"{name}.tsv" for name in FILES))
    if not folder.exists():
        data.make(made, lambda part: [sys.executable, "bench/operators/generate.py", str(rows), part])
    return made


def check(duckdb, steps, made, threads):
    """One run of each operator that is not timed; one whose answer is not DuckDB's gets no further."""
    right = compare.answer(duckdb, made, threads)
    if right is None:
        raise BenchFailure(f"{duckdb.name} {duckdb.fault}")
    for name in OPERATORS:
        found = compare.answer(steps[name], made, threads)
        if found is not None:
            steps[name].fault = tables.difference(found, right)


def line_of(name, steps, duckdb):
    """What was found about an operator: seconds of its run, of the scan alone, and of both engines for what is between."""
    operator, entry = OPERATORS[name], steps[name]
    theirs = min(run["steps"][name] for run in duckdb.runs)
    line = {"name": name, "title": operator.title, "fault": entry.fault, "duckdb": theirs}
    if entry.fault:
        return line
    scan = steps[operator.scan].best["seconds"]
    own = entry.best["seconds"] - scan
    inside = min(run["steps"]["operators"] for run in entry.runs)
    return line | {"run": entry.best["seconds"], "scan": scan, "segue": own, "threads": inside, "ratio": theirs / own if own >= MEASURABLE else None}


def as_text(surroundings, made, found, duckdb):
    lines = machine.lines(surroundings)
    size = report.gigabytes(sum(made.sizes))
    lines += [f"data     {made.about}, {size}", f"DuckDB   {duckdb.version}; it reads the files into memory in {min(run['steps']['read'] for run in duckdb.runs):.2f} s", ""]
    heading = ["", "run", "scan", "segue", "duckdb", "ratio", "in threads", ""]
    lines += report.table(heading, [cells(line) for line in found])
    lines += ["", "run, scan: Segue with the operator, and only counting the values of the same columns; segue: the difference"]
    lines += ["in threads: seconds in the operators by Segue's own account, all threads together"]
    slower = [line["title"] for line in found if not line["fault"] and line["segue"] > line["duckdb"]]
    lines.append(f"Segue is slower in: {'; '.join(slower)}" if slower else "Segue is slower in none")
    lines += [f"{line['title']} has no time: {line['fault']}" for line in found if line["fault"]]
    return lines


def cells(line):
    if line["fault"]:
        return [line["title"], "", "", "", f"{line['duckdb']:.2f}", "", "", ""]
    ratio = f"{line['ratio']:.1f}" if line["ratio"] else "-"
    return [line["title"], *(f"{line[name]:.2f}" for name in ("run", "scan", "segue", "duckdb")), ratio, f"{line['threads']:.2f}", ""]

"""`./dev bench crawl`: how many small files `segue crawl` looks at in a second."""
import json
import pathlib
import random
import tempfile

from harness import machine, process
from harness.failure import BenchFailure

BENCH = "crawl"
HELP = "segue crawl on 10,000 small files: files a second"
SEGUE = pathlib.Path("build/segue")
ROWS = 40  # of a file


def add_arguments(parser):
    parser.add_argument("--files", type=int, default=10_000, metavar="N", help="number of files of each kind (default 10,000)")


def run(arguments):
    surroundings = machine.describe()
    machine.pin(arguments.threads)
    results = {}
    for kind, make in (("csv", csv), ("json_lines", json_lines)):
        folder = files(kind, make, arguments.files)
        command = [str(SEGUE.absolute()), "crawl", str(folder), "--json", "--threads", str(arguments.threads)]
        runs = [measure(command, arguments.files) for _ in range(arguments.runs + 1)][1:]  # the first one warms the cache
        results[kind] = {"files": arguments.files, "files_a_second": arguments.files / min(runs), "runs": runs}
    if arguments.json:
        print(json.dumps({"machine": surroundings, "crawl": results}, indent=2))
    else:
        lines = [f"{kind:<12}{each['files']:>8,} files  {min(each['runs']):6.2f} s  {each['files_a_second']:8,.0f} files a second" for kind, each in results.items()]
        print("\n".join([*machine.lines(surroundings), "", *lines]))
    return 0


def measure(command, files_in_all):
    with tempfile.TemporaryDirectory() as folder:
        outcome = process.measure(command, pathlib.Path(folder))
    if outcome.exit_code != 0:
        raise BenchFailure(f"segue crawl failed: {outcome.stderr}")
    found = json.loads(outcome.stdout)
    if [source["files"] for source in found["sources"]] != [files_in_all] or found["sources"][0]["exceptions_in_all"]:
        raise BenchFailure("segue crawl found something else than one source of all files")
    return outcome.wall


def files(kind, make, number):
    """The folder of that many files, made once."""
    folder = pathlib.Path("data/bench").absolute() / f"crawl-{kind}-{number}"
    if (folder / "whole").is_file():
        return folder / "files"
    dice = random.Random(1)
    for i in range(number):
        path = folder / "files" / f"day={1 + i % 31:02}" / f"events-{i}.{kind}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(make(dice), encoding="utf-8")
    (folder / "whole").touch()
    return folder / "files"


def row(dice):
    return {
        "user_id": f"user_{dice.randrange(1000):06}",
        "played_at": f"2009-05-{dice.randrange(1, 29):02}T{dice.randrange(24):02}:{dice.randrange(60):02}:00Z",
        "artist": dice.choice(("Underworld", "Minus 8", "Boards, of Canada", "Café del Mar")),
        "plays": dice.randrange(10_000),
        "length": dice.randrange(1_000_000) / 1000,
        "liked": dice.random() < 0.1,
    }


def csv(dice):
    lines = ["user_id,played_at,artist,plays,length,liked"]
    for _ in range(ROWS):
        values = row(dice)
        values["artist"] = '"' + values["artist"] + '"'
        values["liked"] = str(values["liked"]).lower()
        lines.append(",".join(str(value) for value in values.values()))
    return "\n".join([*lines, ""])


def json_lines(dice):
    return "".join(json.dumps(row(dice)) + "\n" for _ in range(ROWS))

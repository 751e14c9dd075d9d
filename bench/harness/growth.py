"""`./dev bench growth`: does Segue's time grow as the data does? Seconds per million plays over sizes."""
import json

from harness import compare, contenders, data, machine
from harness.failure import BenchFailure
from jobs import lastfm

BENCH = "growth"
HELP = "Segue alone on 1 to 19 million plays: seconds per million"
SIZES = (1_000_000, 2_000_000, 5_000_000, 10_000_000, lastfm.FULL_ROWS)
BAR = 40


def add_arguments(parser):
    parser.add_argument("--sizes", type=lambda text: [int(size) for size in text.split(",")], default=SIZES, metavar="N,N", help="numbers of plays")


def run(arguments):
    surroundings = machine.describe()
    machine.pin(arguments.threads)
    points = [measure(size, arguments) for size in arguments.sizes]
    if arguments.json:
        print(json.dumps({"machine": surroundings, "sizes": points}, indent=2))
    else:
        print("\n".join([*machine.lines(surroundings), "", *chart(points)]))
    return 0


def measure(rows, arguments):
    """The runs of one size, best by time."""
    plays = data.of_job(lastfm.JOB, rows)
    data.warm(plays)
    entry = compare.Entry(contenders.Segue(lastfm.JOB))
    compare.time([entry], plays, arguments)
    if entry.fault:
        raise BenchFailure(f"segue on {rows:,} plays {entry.fault}")
    best = entry.best
    return {"rows": rows, "bytes": plays.size, "per_million": best["seconds"] / rows * 1e6, "best": best, "runs": entry.runs}


def chart(points):
    """A line a size, its bar as long as its seconds per million."""
    longest = max(point["per_million"] for point in points)
    lines = [f"{'plays':>12}  seconds  per million  anonymous"]
    for point in points:
        bar = "█" * round(BAR * point["per_million"] / longest)
        best = point["best"]
        lines.append(f"{point['rows']:>12,}  {best['seconds']:7.2f}  {point['per_million']:11.3f}  {best['anonymous'] / 1e9:6.2f} GB  {bar}")
    return lines

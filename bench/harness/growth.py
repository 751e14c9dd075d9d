"""`./dev bench growth`: does Segue's time grow as the data does? Seconds per million plays over sizes."""
import json
import pathlib

from harness import compare, contenders, data, machine
from harness.failure import BenchFailure
from jobs import lastfm

BENCH = "growth"
HELP = "Segue alone on 1 to 19 million plays: seconds per million"
SIZES = (1_000_000, 2_000_000, 5_000_000, 10_000_000, lastfm.FULL_ROWS)
BAR = 40
WIDTH, HEIGHT, MARGIN = 640, 360, 56


def add_arguments(parser):
    parser.add_argument("--sizes", type=lambda text: [int(size) for size in text.split(",")], default=SIZES, metavar="N,N", help="numbers of plays")
    parser.add_argument("--svg", type=lambda name: pathlib.Path(name).absolute(), metavar="FILE", help="also draws it, into this file")


def run(arguments):
    surroundings = machine.describe()
    machine.pin(arguments.threads)
    points = [measure(size, arguments) for size in arguments.sizes]
    if arguments.svg:
        arguments.svg.write_text(picture(surroundings, points), encoding="utf-8")
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


def picture(surroundings, points):
    """Seconds over plays as SVG; the dashed line is what the fastest size would make of all others."""
    most_rows = max(point["rows"] for point in points)
    most_seconds = max(point["best"]["seconds"] for point in points)
    slope = min(point["per_million"] for point in points) / 1e6

    def place(rows, seconds):
        return f"{MARGIN + (WIDTH - 2 * MARGIN) * rows / most_rows:.1f},{HEIGHT - MARGIN - (HEIGHT - 2 * MARGIN) * seconds / most_seconds:.1f}"

    def text(x, y, words, anchor="middle"):
        return f'<text x="{x}" y="{y}" text-anchor="{anchor}">{words}</text>'

    spots = [place(point["rows"], point["best"]["seconds"]).split(",") for point in points]
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" font-size="12" fill="#555">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>',
        text(WIDTH / 2, 24, f"Segue, lastfm: seconds over millions of plays ({surroundings['date']}, commit {surroundings['commit']})"),
        f'<polyline points="{place(0, most_seconds)} {place(0, 0)} {place(most_rows, 0)}" fill="none" stroke="#999"/>',
        f'<polyline points="{place(0, 0)} {place(most_rows, slope * most_rows)}" fill="none" stroke="#bbb" stroke-dasharray="4 4"/>',
        f'<polyline points="{" ".join(",".join(spot) for spot in spots)}" fill="none" stroke="#2563eb" stroke-width="2"/>',
    ]
    for point, (x, y) in zip(points, spots):
        lines.append(f'<circle cx="{x}" cy="{y}" r="4" fill="#2563eb"/>')
        lines.append(text(float(x) - 8, float(y) - 8, f"{point['best']['seconds']:.2f} s", "end"))
        lines.append(text(x, HEIGHT - MARGIN + 18, f"{point['rows'] / 1e6:.4g}"))
    return "\n".join([*lines, "</svg>", ""])

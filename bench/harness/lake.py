"""`./dev bench lake`: what tables cost: publishing, many small versions, one new file of many, and reading by DuckDB."""
import contextlib
import json
import pathlib
import shutil
import tempfile
import time

from harness import data, machine, process, tables
from harness.failure import BenchFailure
from jobs import lastfm

BENCH = "lake"
HELP = "publishing, 100 small versions, one new file of 1,000, DuckDB reading tables"
SEGUE = pathlib.Path("build/segue")
COLUMNS = "{user_id: varchar, played_at: timestamp, artist_id: varchar, artist: varchar, track_id: varchar, track: varchar}"
QUESTION = "SELECT count(*), count(DISTINCT user_id), epoch_us(min(played_at)), epoch_us(max(played_at)), max(length(artist)), max(length(track)) FROM {}"


def add_arguments(parser):
    parser.add_argument("--rows", type=int, default=5_000_000, metavar="N", help="plays of the table that is published (default 5,000,000)")
    parser.add_argument("--versions", type=int, default=100, metavar="N", help="small versions (default 100)")
    parser.add_argument("--files", type=int, default=1000, metavar="N", help="files before the new one (default 1,000)")


def run(arguments):
    surroundings = machine.describe()
    machine.pin(arguments.threads)
    plays = data.of_job(lastfm.JOB, arguments.rows)
    data.warm(plays)
    found = {}
    with project() as folder:
        found |= publish(folder, plays, arguments)
    with project() as folder:
        found |= small_versions(folder, plays, arguments)
    with project() as folder:
        found |= one_new_file(folder, plays, arguments)
    if arguments.json:
        print(json.dumps({"machine": surroundings, "lake": found}, indent=2))
    else:
        print("\n".join([*machine.lines(surroundings), f"data     {plays.about}", "", *as_text(found)]))
    return 0


@contextlib.contextmanager
def project():
    """A folder with a project that has no pipeline yet; beside the other data, so on the same disk."""
    with tempfile.TemporaryDirectory(dir=data.FOLDER) as name:
        folder = pathlib.Path(name).absolute()
        (folder / "segue.yaml").write_text("lake: ./lake\n", encoding="utf-8")
        yield folder


def pipeline(folder, source, write, statistics="full"):
    path = folder / "pipelines/bench/pipeline.yaml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(
        f"""name: bench
sources:
  lines:
    path: {source}
    format: {{type: delimited, delimiter: "\\t", quote: none, header: false}}
    columns: {COLUMNS}
steps:
  plays:
    sql: SELECT * FROM lines
    write: {write}
    statistics: {statistics}
""",
        encoding="utf-8",
    )


def segue(folder, *words, threads):
    """One run of the program: what was measured of it, and its answer."""
    outcome = process.measure([str(SEGUE.absolute()), "-C", str(folder), *words, "--threads", str(threads)] if words[0] == "run" else [str(SEGUE.absolute()), "-C", str(folder), *words], folder)
    if outcome.exit_code != 0:
        raise BenchFailure(f"segue {words[0]} failed: {outcome.stderr}")
    return outcome


def timed(action, runs):
    """The best time of some runs, the first of which is not counted."""
    seconds = []
    for _ in range(runs + 1):
        begin = time.perf_counter()
        action()
        seconds.append(time.perf_counter() - begin)
    return min(seconds[1:])


def publish(folder, plays, arguments):
    """The rows of a table: published by Segue, and written as one Parquet file by others, who have them in memory."""
    import duckdb
    import pyarrow.parquet

    seconds = {}
    for statistics in ("basic", "full"):
        pipeline(folder, plays.paths[0], "replace", statistics)
        records = [json.loads(segue(folder, "run", "bench", "--full", "--json", threads=arguments.threads).stdout) for _ in range(arguments.runs)]
        seconds[statistics] = min(record["publish_seconds"] for record in records)
    files = [str(file) for file in tables.delta_files(folder / "lake/bench/plays")]
    database = duckdb.connect(config={"threads": arguments.threads, "preserve_insertion_order": False})
    database.execute(f"CREATE TABLE plays AS FROM read_parquet({files})")
    if database.execute("SELECT count(*) FROM plays").fetchone()[0] != plays.rows:
        raise BenchFailure("the published table has not all rows")
    target = folder / "duckdb.parquet"

    def copy():
        target.unlink(missing_ok=True)
        database.execute(f"COPY plays TO '{target}' (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 1000000)")

    by_duckdb = timed(copy, arguments.runs)
    rows = database.sql("FROM plays").to_arrow_table()
    by_arrow = timed(lambda: pyarrow.parquet.write_table(rows, folder / "arrow.parquet", compression="zstd", row_group_size=1_000_000), 1)
    questions = {"ours": f"read_parquet({files})", "duckdb": f"read_parquet('{target}')"}
    answers = {name: database.execute(QUESTION.format(table)).fetchall() for name, table in questions.items()}
    if answers["ours"] != answers["duckdb"]:
        raise BenchFailure(f"DuckDB reads other rows from the table: {answers}")
    reading = {name: timed(lambda table=table: database.execute(QUESTION.format(table)).fetchall(), arguments.runs) for name, table in questions.items()}
    sizes = {"ours": sum(pathlib.Path(file).stat().st_size for file in files), "duckdb": target.stat().st_size}
    return {
        "publish": {"rows": plays.rows, "segue": seconds["basic"], "sketches": seconds["full"], "duckdb": by_duckdb, "pyarrow": by_arrow},
        "reading": {"ours": reading["ours"], "duckdb": reading["duckdb"], "bytes": sizes},
    }


def lines_of(plays, files, lines):
    """The first lines of the plays, as so many pieces."""
    with open(plays.paths[0], encoding="utf-8") as file:
        for _ in range(files):
            yield "".join(next(file) for _ in range(lines))


def small_versions(folder, plays, arguments):
    """The same rows in one version and in many: how long the question takes, from the program's start to its end."""
    pieces = list(lines_of(plays, arguments.versions, 1000))
    many = folder / "many"
    many.mkdir()
    (many / "segue.yaml").write_text("lake: ./lake\n", encoding="utf-8")
    (many / "days").mkdir()
    pipeline(many, many / "days/*.tsv", "append")
    runs = []
    for number, piece in enumerate(pieces):
        (many / f"days/{number:04}.tsv").write_text(piece, encoding="utf-8")
        runs.append(segue(many, "run", "bench", "--json", threads=arguments.threads).wall)
    one = folder / "one"
    shutil.copytree(many, one, ignore=shutil.ignore_patterns("lake", "pipelines"))
    pipeline(one, one / "days/*.tsv", "append")
    segue(one, "run", "bench", "--json", threads=arguments.threads)
    answers = {}
    seconds = {}
    for name, project_folder in (("many", many), ("one", one)):
        outcomes = [segue(project_folder, "sql", QUESTION.format("bench.plays"), "--output", "csv", threads=arguments.threads) for _ in range(arguments.runs + 1)][1:]
        seconds[name] = min(outcome.wall for outcome in outcomes)
        answers[name] = outcomes[0].stdout
    if answers["many"] != answers["one"]:
        raise BenchFailure(f"many versions hold other rows than one: {answers}")
    return {"versions": {"versions": arguments.versions, "first_run": runs[0], "last_run": runs[-1], "reading_many": seconds["many"], "reading_one": seconds["one"]}}


def one_new_file(folder, plays, arguments):
    """A run that finds one new file among many, from the program's start to its end."""
    (folder / "days").mkdir()
    pipeline(folder, folder / "days/*.tsv", "append")
    pieces = lines_of(plays, arguments.files + arguments.runs, 100)
    for number in range(arguments.files):
        (folder / f"days/{number:05}.tsv").write_text(next(pieces), encoding="utf-8")
    first = segue(folder, "run", "bench", "--json", threads=arguments.threads).wall
    later = []
    for number in range(arguments.runs):
        (folder / f"days/new-{number}.tsv").write_text(next(pieces), encoding="utf-8")
        outcome = segue(folder, "run", "bench", "--json", threads=arguments.threads)
        if json.loads(outcome.stdout)["rows_read"] != 100:
            raise BenchFailure("a run with one new file read other rows than its own")
        later.append(outcome.wall)
    nothing = min(segue(folder, "run", "bench", "--json", threads=arguments.threads).wall for _ in range(arguments.runs))
    return {"new_file": {"files": arguments.files, "first_run": first, "one_new": min(later), "nothing_new": nothing}}


def as_text(found):
    publishing, reading, versions, new_file = (found[name] for name in ("publish", "reading", "versions", "new_file"))
    return [
        f"publish {publishing['rows']:,} rows, bounds, sync and commit       {publishing['segue']:6.2f} s",
        f"  with statistics: full, by sketches                   {publishing['sketches']:6.2f} s   full by basic    {publishing['sketches'] / publishing['segue']:.2f}",
        f"  DuckDB writes the same rows to one Parquet file      {publishing['duckdb']:6.2f} s   Segue by DuckDB  {publishing['segue'] / publishing['duckdb']:.2f}",
        f"  pyarrow writes them, with one thread                 {publishing['pyarrow']:6.2f} s   Segue by pyarrow {publishing['segue'] / publishing['pyarrow']:.2f}",
        f"DuckDB reads the table's files                         {reading['ours']:6.2f} s   {reading['bytes']['ours'] / 1e6:,.0f} MB",
        f"  its own file                                         {reading['duckdb']:6.2f} s   {reading['bytes']['duckdb'] / 1e6:,.0f} MB   table by own {reading['ours'] / reading['duckdb']:.2f}",
        f"read a table of {versions['versions']} versions                           {versions['reading_many']:6.2f} s",
        f"  of one version                                       {versions['reading_one']:6.2f} s   many by one {versions['reading_many'] / versions['reading_one']:.2f}",
        f"  the first and the last run of the many               {versions['first_run']:6.2f} s   {versions['last_run']:.2f} s",
        f"run with one new file beside {new_file['files']:,}                     {new_file['one_new']:6.2f} s",
        f"  with all, with none                                  {new_file['first_run']:6.2f} s   {new_file['nothing_new']:.2f} s",
    ]

"""Who takes part. A contender knows how it is started and how its answer is read; each run is a process of its own."""
import dataclasses
import json
import os
import pathlib
import shutil
import subprocess
import sys

from harness import machine, tables
from harness.data import FOLDER, SEGUE
from harness.failure import BenchFailure


@dataclasses.dataclass(frozen=True)
class Timed:
    """What a contender says of its own run. `seconds` is None where the whole process is the measure."""

    version: str
    seconds: float | None = None
    steps: dict = dataclasses.field(default_factory=dict)


class Segue:
    """The whole pipeline, checks and publish included, in a project and a lake that are new for each run."""

    name = "segue"

    def command(self, data, folder, threads):
        shutil.copy("segue.yaml", folder)
        shutil.copytree("pipelines", folder / "pipelines")
        params = ["--param", f"plays={data.plays}", "--param", f"users={data.users}"]
        return [SEGUE.absolute(), "-C", folder, "run", "lastfm", "--threads", str(threads), *params, "--json"]

    def timed(self, _outcome):
        version = subprocess.run([SEGUE, "--version"], capture_output=True, text=True, check=True).stdout
        return Timed(version.split()[-1])

    def results(self, folder, _outcome):
        return tables.from_files(lambda table: tables.delta_files(folder / "lake/lastfm" / table))


class Peer:
    """Another engine: a script in bench/peers."""

    def __init__(self, name):
        self.name = name

    def command(self, data, folder, threads):
        return [sys.executable, f"bench/peers/lastfm_{self.name}.py", data.plays, folder, "--threads", str(threads)]

    def timed(self, outcome):
        return Timed(**json.loads(outcome.stdout.splitlines()[-1]))

    def results(self, folder, _outcome):
        return tables.from_files(lambda table: str(folder / f"{table}.parquet"))


class GenericYardstick:
    """`lastfm_generic.cpp`: the same questions by generic operators in one dense file; how fast it can be done."""

    name = "generic"

    def __init__(self, program):
        self._program = program

    def command(self, data, folder, threads):
        return [self._program, data.plays, f"t={threads}", f"out={folder}"]

    def timed(self, _outcome):
        return Timed("yardstick")

    def results(self, folder, _outcome):
        """Its sessions have seconds for times; its list of longest sessions is prose and is not compared."""
        sessions = tables.tabbed(folder / "sessions.tsv", ["user_id", "session", "started_at", "ended_at", "plays"])
        for place, name in ((2, "started_at"), (3, "ended_at")):
            sessions = sessions.set_column(place, name, sessions.column(name).cast("timestamp[s]"))
        songs = ["artist", "track", "plays"]
        return tables.canonical(
            {
                "songs_per_user": tables.tabbed(folder / "distinct.tsv", ["user_id", "songs"]),
                "top_songs": tables.tabbed(folder / "top.tsv", songs),
                "sessions": sessions,
                "most_played_tracks": tables.tabbed(folder / "t.tsv", songs),
            }
        )


class LimitYardstick:
    """`lastfm_limit.cpp`: written for this one file. It writes no tables, so only its timing is taken."""

    name = "limit"

    def __init__(self, program):
        self._program = program

    def command(self, data, _folder, _threads):
        return [self._program, data.plays]

    def timed(self, _outcome):
        return Timed("yardstick")

    def results(self, _folder, _outcome):
        return {}


PEERS = ("duckdb", "polars", "datafusion", "chdb")
YARDSTICKS = {"generic": GenericYardstick, "limit": LimitYardstick}


def chosen(names):
    """The contenders of these names, or all that can run here, and lines on those that cannot."""
    unknown = set(names) - {Segue.name, *PEERS, *YARDSTICKS}
    if unknown:
        raise BenchFailure(f"no contender is called {', '.join(sorted(unknown))}; there are segue, {', '.join((*PEERS, *YARDSTICKS))}")
    wanted = names or [Segue.name, *PEERS, *YARDSTICKS]
    contenders = [Segue()] if Segue.name in wanted else []
    contenders += [Peer(name) for name in PEERS if name in wanted]
    notes = []
    for name in YARDSTICKS:
        if name in wanted:
            add_yardstick(name, contenders, notes)
    return contenders, notes


def add_yardstick(name, contenders, notes):
    """Compiles a yardstick for this processor and adds it, or notes why it can't take part."""
    source = pathlib.Path(os.environ.get("SEGUE_YARDSTICKS", "../shared/tools")) / f"lastfm_{name}.cpp"
    if not source.exists():
        notes.append(f"{name}: {source} is not there; SEGUE_YARDSTICKS names its folder")
    elif not {"avx512bw", "avx512vl"} <= machine.flags():
        notes.append(f"{name}: this processor has no AVX-512, which the program is written for")
    else:
        contenders.append(YARDSTICKS[name](compiled(source)))


def compiled(source):
    """The program made of a source file, as new as that."""
    program = (FOLDER / source.stem).absolute()
    if not program.exists() or program.stat().st_mtime < source.stat().st_mtime:
        program.parent.mkdir(parents=True, exist_ok=True)
        subprocess.run(["g++", "-O3", "-march=native", "-std=c++20", "-pthread", source, "-o", program], check=True)
    return program

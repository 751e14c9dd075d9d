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

    def __init__(self, job):
        self._job = job

    def command(self, data, folder, threads):
        shutil.copy("segue.yaml", folder)
        shutil.copytree("pipelines", folder / "pipelines")
        return [SEGUE.absolute(), "-C", folder, "run", self._job.name, "--threads", str(threads), *params(self._job.files, data), "--json"]

    def timed(self, _outcome):
        return Timed(version())

    def results(self, folder):
        return tables.from_files(self._job.tables, lambda table: tables.delta_files(folder / "lake" / self._job.name / table))


class Peer:
    """Another engine: a script in bench/peers, which writes these tables."""

    def __init__(self, job, name, written):
        self.name = name
        self._script = f"bench/peers/{job}_{name}.py"
        self._tables = written

    def command(self, data, folder, threads):
        return [sys.executable, self._script, data.folder, folder, "--threads", str(threads)]

    def timed(self, outcome):
        return Timed(**json.loads(outcome.stdout.splitlines()[-1]))

    def results(self, folder):
        return tables.from_files(self._tables, lambda table: str(folder / f"{table}.parquet"))


class Yardstick:
    """A program written for one job, which shows what the machine allows. A job's yardsticks derive from this."""

    name = "limit"
    source = ""  # name of the file, in the folder that SEGUE_YARDSTICKS names
    libraries = ()  # that it is linked with, of those in .deps/arrow

    def __init__(self):
        self._program = (FOLDER / pathlib.Path(self.source).stem).absolute()

    def command(self, data, folder, threads):
        return [self._program, *self.arguments(data, folder, threads)]

    def arguments(self, data, folder, threads):
        """What follows the program's name."""
        raise NotImplementedError

    def timed(self, _outcome):
        return Timed("yardstick")

    def results(self, _folder):
        """Its tables, as far as it writes any that can be compared."""
        return {}

    def unfit(self, _data):
        """Why it can't take part, or None."""
        if not {"avx512bw", "avx512vl"} <= machine.flags():
            return "this processor has no AVX-512, which the program is written for"
        return None

    def missing(self, data):
        """Why it does not take part, or None and the program is ready."""
        source = pathlib.Path(os.environ.get("SEGUE_YARDSTICKS", "../shared/tools")) / self.source
        if not source.exists():
            return f"{source} is not there; SEGUE_YARDSTICKS names its folder"
        if reason := self.unfit(data):
            return reason
        if not self._program.exists() or self._program.stat().st_mtime < source.stat().st_mtime:
            self._program.parent.mkdir(parents=True, exist_ok=True)
            command = ["g++", "-O3", "-march=native", "-std=c++20", "-pthread", source, "-o", self._program]
            arrow = pathlib.Path(".deps/arrow").resolve()
            linked = [f"-isystem{arrow}/include", f"-L{arrow}/lib", f"-Wl,-rpath,{arrow}/lib", *(f"-l{name}" for name in self.libraries)]
            subprocess.run([*command, *linked], check=True)
        return None


def params(names, data):
    """The words that give a pipeline the files of the data, as its parameters of these names."""
    return [word for name, path in zip(names, data.paths) for word in ("--param", f"{name}={path}")]


def version():
    """Segue's."""
    return subprocess.run([SEGUE, "--version"], capture_output=True, text=True, check=True).stdout.split()[-1]


def names(job):
    """What contenders of a job are called."""
    return [Segue.name, *job.peers, *(yardstick.name for yardstick in job.yardsticks)]


def chosen(job, data, wanted):
    """The contenders of these names, or all that can run here, and lines on those that cannot."""
    unknown = set(wanted) - set(names(job))
    if unknown:
        raise BenchFailure(f"no contender is called {', '.join(sorted(unknown))}; there are {', '.join(names(job))}")
    wanted = wanted or names(job)
    contenders = [Segue(job)] if Segue.name in wanted else []
    contenders += [Peer(job.name, name, job.tables) for name in job.peers if name in wanted]
    notes = []
    for yardstick in (kind() for kind in job.yardsticks if kind.name in wanted):
        if reason := yardstick.missing(data):
            notes.append(f"{yardstick.name}: {reason}")
        else:
            contenders.append(yardstick)
    return contenders, notes

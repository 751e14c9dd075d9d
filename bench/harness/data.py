"""The data: made once by `segue generate`, then used again."""
import dataclasses
import os
import pathlib
import shutil
import subprocess
import sys

from harness.failure import BenchFailure

FOLDER = pathlib.Path("data/bench")
SEGUE = pathlib.Path("build/segue")


@dataclasses.dataclass(frozen=True)
class Data:
    """A generated data set of a job."""

    rows: int
    about: str
    folder: pathlib.Path
    names: tuple  # of its files, or patterns of names; the first has the rows

    @property
    def paths(self):
        """Each name or pattern as a path."""
        return [self.folder / name for name in self.names]

    @property
    def sizes(self):
        """Bytes of what each name or pattern stands for."""
        return [sum(file.stat().st_size for file in self.folder.glob(name)) for name in self.names]

    @property
    def size(self):
        """Bytes of the rows."""
        return self.sizes[0]


def of_job(job, rows):
    """The data set of a job with that many rows; generates it if need be."""
    options = job.options(rows)
    folder = (FOLDER / f"{job.name}-{rows}").absolute()
    made = Data(rows, job.about.format(**options), folder, tuple(job.files.values()))
    if not folder.exists():
        words = [word for name, value in options.items() for word in (f"--{name}", str(value))]
        make(made, lambda part: [SEGUE, "generate", job.name, *words, "--out", part])
    return made


def make(made, command):
    """Makes the files by a command, beside their final place: an interrupted making leaves nothing to be mistaken for data."""
    part = made.folder.with_name(made.folder.name + ".part")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    print(f"Making {made.about} in {made.folder} (once)", file=sys.stderr)
    if subprocess.run(command(part), stdout=sys.stderr, check=False).returncode != 0:
        shutil.rmtree(part)
        raise BenchFailure("the data could not be made")
    part.rename(made.folder)


def warm(made):
    """Brings memory and files into the state that every later run finds them in.

    A virtual machine gets memory from its host when it is touched for the first time, which would cost whoever runs
    first; and files are read from the page cache by all, or by none.
    """
    touched = min(free_memory() // 2, 6 * made.size)
    subprocess.run([sys.executable, "-c", TOUCH, str(touched)], check=True)
    buffer = bytearray(4 << 20)
    for path in (path for name in made.names for path in made.folder.glob(name)):
        with open(path, "rb", buffering=0) as file:
            while file.readinto(buffer):
                pass


TOUCH = """
import mmap, sys
memory = mmap.mmap(-1, int(sys.argv[1]) or 1, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
for begin in range(0, len(memory), 1 << 30):
    part = range(begin, min(begin + (1 << 30), len(memory)), 4096)
    memory[part.start:part.stop:4096] = bytes(len(part))
"""


def free_memory():
    """Bytes of memory that hold nothing, not even a page of a file."""
    return os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")

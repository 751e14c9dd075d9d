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
FULL_ROWS = 19_150_868
FULL_USERS = 992


@dataclasses.dataclass(frozen=True)
class Plays:
    """A generated data set: `plays` and `users` are its files."""

    rows: int
    listeners: int
    plays: pathlib.Path
    users: pathlib.Path

    @property
    def size(self):
        """Bytes of the file of plays."""
        return self.plays.stat().st_size


def plays(rows):
    """The data set of that many plays, as many of them a user as in the full one; generates it if need be."""
    listeners = max(1, round(rows * FULL_USERS / FULL_ROWS))
    folder = FOLDER / f"lastfm-{rows}"
    made = Plays(rows, listeners, (folder / "plays.tsv").absolute(), (folder / "users.tsv").absolute())
    if not folder.exists():
        generate(folder, rows, listeners)
    return made


def generate(folder, rows, listeners):
    """Makes the files beside their final place, so that an interrupted making leaves nothing to be mistaken for data."""
    part = folder.with_name(folder.name + ".part")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    print(f"Making {rows:,} plays of {listeners} users in {folder} (once)", file=sys.stderr)
    command = [SEGUE, "generate", "lastfm", "--rows", str(rows), "--users", str(listeners), "--out", part]
    if subprocess.run(command, stdout=sys.stderr, check=False).returncode != 0:
        shutil.rmtree(part)
        raise BenchFailure("the data could not be made")
    part.rename(folder)


def warm(made):
    """Brings memory and file into the state that every later run finds them in.

    A virtual machine gets memory from its host when it is touched for the first time, which would cost whoever runs
    first; and the file is read from the page cache by all, or by none.
    """
    touched = min(free_memory() // 2, 6 * made.size)
    subprocess.run([sys.executable, "-c", TOUCH, str(touched)], check=True)
    with open(made.plays, "rb", buffering=0) as file:
        buffer = bytearray(4 << 20)
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

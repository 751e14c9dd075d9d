"""What makes a job: everything that the harness has to know of it. The jobs themselves are in bench/jobs."""
import dataclasses
from collections.abc import Callable


@dataclasses.dataclass(frozen=True)
class Job:
    """A pipeline of this repository that other engines compute too."""

    name: str  # of the pipeline, of `segue generate NAME` and of the peers' scripts: bench/peers/NAME_ENGINE.py
    help: str
    full_rows: int
    noun: str  # what a row is
    about: str  # the data in a few words; takes the options of `segue generate` by name
    options: Callable  # rows -> options of `segue generate` by name; the first is the number of rows
    files: dict  # by parameter of the pipeline: name of a file, or pattern of names; the first has the rows
    tables: dict  # tables.Table by name
    lost: Callable  # (answer, rows) -> what is missing from an answer, or None
    peers: tuple
    yardsticks: tuple = ()

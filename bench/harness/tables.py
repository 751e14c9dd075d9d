"""The tables that contenders write: how they are read and how they are compared.

A table compares by value, whatever types an engine has for it: numbers as 64-bit integers, names as strings with NULL
for empty ones, times as microseconds in UTC; numbers with a fraction may differ by 1e-12 of their size, since sums
depend on the order of rows. Rows are sorted by the key first, since no engine promises their order.
"""
import dataclasses
import json
import pathlib
import urllib.parse
from collections.abc import Callable

import pyarrow
import pyarrow.compute
import pyarrow.csv
import pyarrow.parquet

NUMBER = pyarrow.int64()
FRACTION = pyarrow.float64()
NAME = pyarrow.string()
TIME = pyarrow.timestamp("us")
TOLERANCE = 1e-12  # relative, of fractions


@dataclasses.dataclass(frozen=True)
class Table:
    """The columns of a table, the first of them its key."""

    key: int  # how many columns
    columns: dict
    made_of: Callable | None = None  # for lists as rows: makes the table of those that were read, by name


def from_files(tables, files_of):
    """All tables of a contender; `files_of` tells the Parquet files of a table."""
    read = {name: pyarrow.parquet.ParquetDataset(files_of(name)).read() for name, table in tables.items() if not table.made_of}
    return canonical(tables, read | {name: table.made_of(read) for name, table in tables.items() if table.made_of})


def canonical(tables, read):
    """The given tables with comparable columns and sorted rows."""
    return {name: canonical_table(tables[name], table) for name, table in read.items()}


def canonical_table(table, read):
    comparable = pyarrow.table({name: canonical_column(read.column(name), type_) for name, type_ in table.columns.items()})
    return comparable.sort_by([(name, "ascending") for name in list(table.columns)[: table.key]]).combine_chunks()


def canonical_column(column, type_):
    if type_ == TIME and pyarrow.types.is_timestamp(column.type):
        return column.cast(pyarrow.timestamp("us", column.type.tz)).cast(TIME)
    return column.cast(type_)


def delta_files(folder):
    """The files of a Delta table's newest version, by its log."""
    live = set()
    for entry in sorted(pathlib.Path(folder, "_delta_log").glob("*.json")):
        for action in map(json.loads, entry.read_text(encoding="utf-8").splitlines()):
            if "add" in action:
                live.add(urllib.parse.unquote(action["add"]["path"]))
            if "remove" in action:
                live.discard(urllib.parse.unquote(action["remove"]["path"]))
    return [str(folder / path) for path in sorted(live)]


def tabbed(path, columns):
    """A table from a file of tab-separated values without a header; an empty name is NULL."""
    return pyarrow.csv.read_csv(
        path,
        pyarrow.csv.ReadOptions(column_names=columns),
        pyarrow.csv.ParseOptions(delimiter="\t", quote_char=False),
        pyarrow.csv.ConvertOptions(null_values=[""], strings_can_be_null=True, column_types={name: type_ for name, type_ in columns.items() if type_ == NAME}),
    )


def difference(answer, right):
    """What is different in the tables of an answer, in words; None when those that both have are the same."""
    for name in right:
        if name in answer and (found := first_difference(answer[name], right[name])):
            return f"{name}: {found}"
    return None


def first_difference(mine, right):
    """The first row that differs, in words; None when there is none."""
    if mine.num_rows != right.num_rows:
        return f"{mine.num_rows:,} rows instead of {right.num_rows:,}"
    places = [different(mine.column(name), right.column(name)).index(True).as_py() for name in right.column_names]
    row = min((place for place in places if place >= 0), default=None)
    if row is None:
        return None
    return f"{tuple(mine.slice(row, 1).to_pylist()[0].values())} instead of {tuple(right.slice(row, 1).to_pylist()[0].values())}"


def different(mine, right):
    """By row, whether two columns differ there."""
    compute = pyarrow.compute
    if mine.type == FRACTION:
        far = compute.invert(compute.less_equal(compute.abs(compute.subtract(mine, right)), compute.multiply(compute.abs(right), TOLERANCE)))
    else:
        far = compute.not_equal(mine, right)
    return compute.coalesce(far, compute.xor(mine.is_null(), right.is_null()))


def agreement(answers):
    """The name of the contender whose results most others share (the first of them when it is a tie)."""

    def agreeing(name):
        return sum(difference(answer, answers[name]) is None for other, answer in answers.items() if other != name)

    return max(answers, key=agreeing)

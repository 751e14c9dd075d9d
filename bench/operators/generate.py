"""Makes the files that operators are measured on: events.tsv, keys.tsv and kinds.tsv. The same rows give the same bytes.

Half as many keys as events, 100 kinds and 100,000 names, all drawn evenly and in no order; amounts are cents.
"""
import argparse
import pathlib

import numpy
import pyarrow
import pyarrow.csv

KINDS = 100
NAMES = 100_000
FIRST_SECOND = 1_735_689_600  # 2025-01-01
YEAR = 365 * 86_400
PIECE = 1_000_000  # rows that are held at once


def write(path, tables):
    """The rows of the tables, one after another, as tab-separated values."""
    options = pyarrow.csv.WriteOptions(include_header=False, delimiter="\t", quoting_style="none")
    tables = iter(tables)
    first = next(tables)
    with pyarrow.csv.CSVWriter(path, first.schema, write_options=options) as writer:
        writer.write(first)
        for table in tables:
            writer.write(table)


def events(rows):
    random = numpy.random.default_rng(1)
    names = pyarrow.array([f"n{number:x}" for number in range(NAMES)])
    for begin in range(0, rows, PIECE):
        count = min(PIECE, rows - begin)
        yield pyarrow.table(
            {
                "id": numpy.arange(begin, begin + count),
                "kind": random.integers(KINDS, size=count),
                "key": random.integers(max(1, rows // 2), size=count),
                "name": names.take(pyarrow.array(random.integers(NAMES, size=count))),
                "amount": random.integers(1, 1_000_000, size=count) / 100,
                "happened_at": pyarrow.array(FIRST_SECOND + random.integers(YEAR, size=count)).cast(pyarrow.timestamp("s")),
            }
        )


def keys(rows):
    random = numpy.random.default_rng(2)
    count = max(1, rows // 2)
    return pyarrow.table({"key": random.permutation(count), "weight": random.integers(1, 100, size=count)})


def kinds():
    return pyarrow.table({"kind": numpy.arange(KINDS), "label": [f"label {number % 10}" for number in range(KINDS)]})


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("rows", type=int, help="how many events")
    parser.add_argument("folder", type=pathlib.Path, help="where the files go")
    arguments = parser.parse_args()
    write(arguments.folder / "events.tsv", events(arguments.rows))
    write(arguments.folder / "keys.tsv", [keys(arguments.rows)])
    write(arguments.folder / "kinds.tsv", [kinds()])


main()

"""The tables that every contender writes: how they are read and how they are compared.

A table compares by value, whatever types an engine has for it: numbers as 64-bit integers, names as strings with NULL
for empty ones, times as microseconds in UTC. Rows are sorted by the key first, since no engine promises their order;
the list of tracks keeps its order, which is part of the answer.
"""
import json
import pathlib
import urllib.parse

import pyarrow
import pyarrow.compute
import pyarrow.csv
import pyarrow.parquet

NUMBER = pyarrow.int64()
NAME = pyarrow.string()
TIME = pyarrow.timestamp("us")

# Columns by table; the number says how many of them, from the first, are the key.
TABLES = {
    "songs_per_user": (1, {"user_id": NAME, "songs": NUMBER}),
    "top_songs": (2, {"artist": NAME, "track": NAME, "plays": NUMBER}),
    "sessions": (2, {"user_id": NAME, "session": NUMBER, "started_at": TIME, "ended_at": TIME, "plays": NUMBER}),
    "longest_sessions": (2, {"user_id": NAME, "session": NUMBER, "started_at": TIME, "ended_at": TIME}),
    "tracks": (3, {"user_id": NAME, "session": NUMBER, "position": NUMBER, "played_at": TIME, "artist": NAME, "track": NAME}),
    "most_played_tracks": (2, {"artist": NAME, "track": NAME, "plays": NUMBER}),
}


def from_files(files_of):
    """All tables of a contender; `files_of` tells the Parquet files of a table."""
    read = {name: pyarrow.parquet.ParquetDataset(files_of(name)).read() for name in TABLES if name != "tracks"}
    return canonical(read | {"tracks": tracks_of(read["longest_sessions"])})


def canonical(tables):
    """The given tables with comparable columns and sorted rows."""
    return {name: canonical_table(name, table) for name, table in tables.items()}


def canonical_table(name, table):
    key_columns, columns = TABLES[name]
    comparable = pyarrow.table({column: canonical_column(table.column(column), type_) for column, type_ in columns.items()})
    return comparable.sort_by([(column, "ascending") for column in list(columns)[:key_columns]]).combine_chunks()


def canonical_column(column, type_):
    if type_ == TIME and pyarrow.types.is_timestamp(column.type):
        return column.cast(pyarrow.timestamp("us", column.type.tz)).cast(TIME)
    return column.cast(type_)


def tracks_of(sessions):
    """The lists of tracks as rows, numbered within their session."""
    lists = sessions.column("tracks").combine_chunks()
    parent = pyarrow.compute.list_parent_indices(lists)
    tracks = lists.flatten()
    lengths = pyarrow.compute.list_value_length(lists).to_pylist()
    position = pyarrow.array([place for length in lengths for place in range(length)], NUMBER)
    of_session = {"user_id": NAME, "session": NUMBER}
    columns = {name: canonical_column(sessions.column(name), type_).take(parent) for name, type_ in of_session.items()}
    columns |= {name: pyarrow.compute.struct_field(tracks, name) for name in ("played_at", "artist", "track")}
    return pyarrow.table(columns | {"position": position})


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
        pyarrow.csv.ConvertOptions(null_values=[""], strings_can_be_null=True, column_types={name: NAME for name in ("user_id", "artist", "track")}),
    )


def difference(tables, reference):
    """What is different in `tables`, in words; None when those that both have are the same."""
    for name in TABLES:
        if name in tables and name in reference and not tables[name].equals(reference[name]):
            return f"{name}: {first_difference(tables[name], reference[name])}"
    return None


def first_difference(mine, right):
    if mine.num_rows != right.num_rows:
        return f"{mine.num_rows:,} rows instead of {right.num_rows:,}"
    rows = (row for row in range(right.num_rows) if not mine.slice(row, 1).equals(right.slice(row, 1)))
    row = next(rows)
    return f"{tuple(mine.slice(row, 1).to_pylist()[0].values())} instead of {tuple(right.slice(row, 1).to_pylist()[0].values())}"


def agreement(all_tables):
    """The name of the contender whose results most others share (the first of them when it is a tie)."""

    def agreeing(name):
        return sum(difference(tables, all_tables[name]) is None for tables in all_tables.values())

    return max(all_tables, key=agreeing)

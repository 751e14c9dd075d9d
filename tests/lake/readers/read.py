"""Reads one table of a lake with a program that knows nothing of Segue, and prints its rows, values apart by '|'.

usage: read.py deltalake|duckdb FOLDER SELECT_LIST [CONDITION]

SELECT_LIST casts each column to VARCHAR, as DuckDB writes them.
"""

import glob
import os
import sys

import duckdb


def main():
    reader, folder, columns = sys.argv[1:4]
    condition = sys.argv[4] if len(sys.argv) > 4 else "true"
    database = duckdb.connect(config={"allow_unsigned_extensions": "true"})
    database.execute("SET TimeZone = 'UTC'")
    if reader == "deltalake":
        import deltalake

        table = deltalake.DeltaTable(folder)
        rows = table.to_pyarrow_table()
        database.register("found_rows", rows)
        table.get_add_actions(flatten=True)  # fails if a statistic is not what the schema says
        source = "found_rows"
    else:
        import duckdb_extension_delta

        extension = glob.glob(os.path.dirname(duckdb_extension_delta.__file__) + "/**/delta.duckdb_extension", recursive=True)[0]
        database.execute(f"LOAD '{extension}'")
        source = f"delta_scan('{folder}')"
    for row in database.execute(f"SELECT {columns} FROM {source} WHERE {condition}").fetchall():
        print("|".join("NULL" if value is None else value for value in row))


main()

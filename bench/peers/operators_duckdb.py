"""The statements of bench/operators in DuckDB: the files in tables in memory, then one statement after another."""
import pathlib

import duckdb

from job import Job

COLUMNS = {
    "events": "{'id': 'BIGINT', 'kind': 'INTEGER', 'key': 'INTEGER', 'name': 'VARCHAR', 'amount': 'DOUBLE', 'happened_at': 'TIMESTAMP'}",
    "keys": "{'key': 'INTEGER', 'weight': 'INTEGER'}",
    "kinds": "{'kind': 'INTEGER', 'label': 'VARCHAR'}",
}


def main():
    job = Job("DuckDB", duckdb.__version__)
    connection = duckdb.connect()
    connection.execute(f"SET threads = {job.threads}; SET preserve_insertion_order = false; SET TimeZone = 'UTC'")
    for table, columns in COLUMNS.items():
        path = job.file(f"{table}.tsv")
        connection.execute(
            f"CREATE TABLE {table} AS FROM read_csv('{path}', delim = '\t', header = false, quote = '', escape = '', columns = {columns})"
        )
    job.done("read")
    for statement in sorted((pathlib.Path(__file__).parent.parent / "operators").glob("*.sql")):
        query = statement.read_text(encoding="utf-8")
        connection.execute(f"COPY ({query}) TO '{job.result(statement.stem)}' (FORMAT parquet, COMPRESSION zstd)")
        job.done(statement.stem)
    job.finish()


main()

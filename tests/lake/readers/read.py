"""Reads one table of a lake with a program that knows nothing of Segue, and prints its rows, values apart by '|'.

usage: read.py deltalake|duckdb|polars|spark FOLDER SELECT_LIST [CONDITION ...]

SELECT_LIST casts each column to VARCHAR, as DuckDB writes them. With conditions: the rows of each, a line `--` between two.
"""

import glob
import os
import sys

import duckdb

SPARK = {
    "spark.jars.packages": "io.delta:delta-spark_2.13:4.0.0",
    "spark.jars.ivy": os.path.join(sys.prefix, "ivy"),
    "spark.sql.extensions": "io.delta.sql.DeltaSparkSessionExtension",
    "spark.sql.catalog.spark_catalog": "org.apache.spark.sql.delta.catalog.DeltaCatalog",
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.shuffle.partitions": "2",
    "spark.databricks.delta.snapshotPartitions": "2",
    "spark.ui.enabled": "false",
}


def main():
    reader, folder, columns = sys.argv[1:4]
    conditions = sys.argv[4:] or ["true"]
    database = duckdb.connect(config={"allow_unsigned_extensions": "true"})
    database.execute("SET TimeZone = 'UTC'")
    for number, condition in enumerate(conditions):
        if number != 0:
            print("--")
        source = {"deltalake": deltalake_rows, "duckdb": duckdb_rows, "polars": polars_rows, "spark": spark_rows}[reader](database, folder, condition)
        for row in database.execute(f"SELECT {columns} FROM {source} WHERE {condition}").fetchall():
            print("|".join("NULL" if value is None else value for value in row))


def deltalake_rows(database, folder, _condition):
    import deltalake

    table = deltalake.DeltaTable(folder)
    database.register("found_rows", table.to_pyarrow_table())
    table.get_add_actions(flatten=True)  # fails if a statistic is not what the schema says
    return "found_rows"


def duckdb_rows(database, folder, _condition):
    import duckdb_extension_delta

    extension = glob.glob(os.path.dirname(duckdb_extension_delta.__file__) + "/**/delta.duckdb_extension", recursive=True)[0]
    database.execute(f"LOAD '{extension}'")
    return f"delta_scan('{folder}')"


def polars_rows(database, folder, _condition):
    import polars

    database.register("found_rows", polars.read_delta(folder).to_arrow())
    return "found_rows"


def spark_rows(database, folder, condition):
    from pyspark.sql import SparkSession

    builder = SparkSession.builder.master("local[2]")
    for key, value in SPARK.items():
        builder = builder.config(key, value)
    spark = builder.getOrCreate()
    spark.sparkContext.setLogLevel("ERROR")
    database.register("found_rows", spark.read.format("delta").load(folder).where(condition).toArrow())
    return "found_rows"


main()

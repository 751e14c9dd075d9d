"""Prints the rows of a Delta table on S3 as `deltalake` reads it, values apart by '|', sorted. Or changes it.

usage: read.py s3://BUCKET/… [append|delete]
"""

import os
import sys

import deltalake
import pyarrow

options = {
    "aws_endpoint": os.environ["AWS_ENDPOINT_URL"],
    "aws_allow_http": "true",
    "aws_region": "us-east-1",
    "aws_access_key_id": "test-key",
    "aws_secret_access_key": "test-secret",
}
address = sys.argv[1]
table = deltalake.DeltaTable(address, storage_options=options)
if sys.argv[2:] == ["append"]:
    rows = pyarrow.table(table.to_pyarrow_table().slice(0, 1))
    deltalake.write_deltalake(table, rows, mode="append")
    table.update_incremental()
if sys.argv[2:] == ["delete"]:
    table.delete()
rows = table.to_pyarrow_table().to_pydict()
for line in sorted("|".join(str(value) for value in row) for row in zip(*rows.values())):
    print(line)
# Threads of these libraries sometimes abort a process that is about to end, though its work is done.
sys.stdout.flush()
os._exit(0)

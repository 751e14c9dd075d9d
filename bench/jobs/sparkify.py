"""Events of a music app as a star schema: plays with their songs, and who, what, by whom and when."""
import pyarrow.compute

from harness.job import Job
from harness.tables import FRACTION, NAME, NUMBER, TIME, Table

FULL_ROWS = 3_000_000

# An id is a hash that each engine makes in its own way; the play that it stands for is compared.
PLAY = {"start_time": TIME, "user_id": NUMBER, "session_id": NUMBER, "song_id": NAME}
PLAY_MORE = {"level": NAME, "artist_id": NAME, "location": NAME, "user_agent": NAME, "year": NUMBER, "month": NUMBER}
MOMENT = {"hour": NUMBER, "day": NUMBER, "week": NUMBER, "month": NUMBER, "year": NUMBER, "weekday": NUMBER}

TABLES = {
    "songplays": Table(4, PLAY | PLAY_MORE),
    "users": Table(1, {"user_id": NUMBER, "first_name": NAME, "last_name": NAME, "gender": NAME, "level": NAME}),
    "songs": Table(1, {"song_id": NAME, "title": NAME, "artist_id": NAME, "year": NUMBER, "duration": FRACTION}),
    "artists": Table(1, {"artist_id": NAME, "name": NAME, "location": NAME, "latitude": FRACTION, "longitude": FRACTION}),
    "time": Table(1, {"start_time": TIME} | MOMENT),
}


def options(rows):
    return {"rows": rows, "users": max(1, rows // 100), "songs": max(1, rows // 1500)}


def lost_plays(answer, _rows):
    """Not all events are plays; but each moment that is told has a play, and each play a moment and a listener that are told."""
    plays = answer["songplays"]
    for table, column in (("time", "start_time"), ("users", "user_id")):
        told, played = answer[table].column(column), pyarrow.compute.unique(plays.column(column)).sort()
        if not told.combine_chunks().equals(played):
            return f"{table}: {len(told):,} rows, and {len(played):,} in songplays, are not the same"
    return None


JOB = Job(
    name="sparkify",
    help="Segue beside DuckDB and Polars on events of a music app, in JSON",
    full_rows=FULL_ROWS,
    noun="events",
    about="{rows:,} events of {users:,} users, {songs:,} songs",
    options=options,
    files={"logs": "log_data/**/*.json", "songs": "song_data/**/*.json"},
    tables=TABLES,
    lost=lost_plays,
    peers=("duckdb", "polars"),
)

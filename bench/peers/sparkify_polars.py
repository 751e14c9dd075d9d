"""The sparkify tables in Polars: a data frame of the plays, one lazy query a table.

It has no MD5: the id of a play is its own hash of the same four columns.
"""
import glob
import json
import os
import sys

os.environ["POLARS_MAX_THREADS"] = sys.argv[sys.argv.index("--threads") + 1] if "--threads" in sys.argv else "2"

import polars as pl  # noqa: E402  (it reads the variable when it is imported)

from job import Job  # noqa: E402

EVENT = {
    "artist": pl.String, "firstName": pl.String, "gender": pl.String, "itemInSession": pl.Int32, "lastName": pl.String,
    "length": pl.Float64, "level": pl.String, "location": pl.String, "page": pl.String, "sessionId": pl.Int64,
    "song": pl.String, "ts": pl.Int64, "userAgent": pl.String, "userId": pl.String,
}  # fmt: skip
SONG = {
    "song_id": pl.String, "title": pl.String, "duration": pl.Float64, "year": pl.Int32, "artist_id": pl.String,
    "artist_name": pl.String, "artist_location": pl.String, "artist_latitude": pl.Float64, "artist_longitude": pl.Float64,
}  # fmt: skip


def read_plays(pattern):
    events = pl.scan_ndjson(pattern, schema=EVENT).filter(pl.col("page") == "NextSong").drop("page").unique()
    time = (pl.col("ts") * 1000).cast(pl.Datetime("us"))
    return events.with_columns(start_time=time, user_id=pl.col("userId").cast(pl.Int64)).collect()


def read_songs(pattern):
    def song(path):
        with open(path, encoding="utf-8") as file:
            return json.load(file)

    return pl.DataFrame([song(path) for path in glob.iglob(pattern, recursive=True)], schema=SONG)


def songplays(plays, songs):
    start = pl.col("start_time")
    matched = plays.lazy().join(songs.lazy(), left_on=["song", "artist", "length"], right_on=["title", "artist_name", "duration"], how="left")
    return matched.select(
        "start_time", "user_id", "level", "song_id", "artist_id", "location",
        songplay_id=pl.struct("userId", "sessionId", "itemInSession", "ts").hash(),
        session_id="sessionId", user_agent="userAgent", year=start.dt.year(), month=start.dt.month(),
    ).collect()  # fmt: skip


def users(plays):
    latest = pl.struct("firstName", "lastName", "gender", "level").sort_by("ts", "sessionId", "itemInSession").last()
    rows = plays.lazy().group_by("user_id").agg(event=latest).unnest("event")
    return rows.rename({"firstName": "first_name", "lastName": "last_name"}).collect()


def artists(songs):
    first = songs.lazy().sort("song_id").unique("artist_id", keep="first")
    columns = {"name": "artist_name", "location": "artist_location", "latitude": "artist_latitude", "longitude": "artist_longitude"}
    return first.select("artist_id", **columns).collect()


def time(plays):
    start = pl.col("start_time").dt
    parts = {"hour": start.hour(), "day": start.day(), "week": start.week(), "month": start.month(), "year": start.year(), "weekday": start.weekday()}
    return plays.lazy().select("start_time").unique().with_columns(**parts).collect()


def main():
    job = Job("Polars", pl.__version__)

    def write(table, frame):
        frame.write_parquet(job.result(table), compression="zstd")
        job.done(table)

    plays = read_plays(job.file("log_data/**/*.json"))
    job.done("read plays")
    songs = read_songs(job.file("song_data/**/*.json"))
    job.done("read songs")
    write("songplays", songplays(plays, songs))
    write("users", users(plays))
    write("songs", songs.select("song_id", "title", "artist_id", "year", "duration"))
    write("artists", artists(songs))
    write("time", time(plays))
    job.finish()


main()

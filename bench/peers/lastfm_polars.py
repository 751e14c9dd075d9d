"""The lastfm questions in Polars: a data frame of the plays, one lazy query a question.

Sorted once by two narrow columns; the plays of the few sessions asked for are found by their span of time.
"""
import os
import sys

os.environ["POLARS_MAX_THREADS"] = sys.argv[sys.argv.index("--threads") + 1] if "--threads" in sys.argv else "2"

import polars as pl  # noqa: E402  (it reads the variable when it is imported)

from job import Job  # noqa: E402

GAP = pl.duration(minutes=20)


def read(path):
    """The plays, with the columns that the questions use."""
    names = ["user_id", "played_at", "artist_id", "artist", "track_id", "track"]
    scan = pl.scan_csv(path, separator="\t", has_header=False, quote_char=None, schema=dict.fromkeys(names, pl.String))
    time = pl.col("played_at").str.to_datetime("%Y-%m-%dT%H:%M:%SZ", time_unit="us")
    return scan.select("user_id", time, "artist", "track").collect()


def songs_per_user(plays):
    return plays.lazy().group_by("user_id").agg(songs=pl.struct("artist", "track").n_unique()).collect()


def top(plays, limit):
    """The songs played most; ties by artist, then track."""
    counts = plays.group_by("artist", "track").agg(plays=pl.len())
    ranked = counts.sort("plays", "artist", "track", descending=[True, False, False], nulls_last=True)
    return ranked.head(limit).collect(engine="streaming")


def number_sessions(plays):
    """All sessions, numbered from 1 within each user.

    The play before the next session's first is a session's last: only first plays are looked at twice.
    """
    ordered = plays.lazy().select("user_id", "played_at").sort("user_id", "played_at").collect()
    user, time, place = pl.col("user_id"), pl.col("played_at"), pl.col("place")
    begins = ((user != user.shift()) | (time - time.shift() > GAP)).fill_null(True)
    firsts = ordered.lazy().with_columns(before=time.shift(), place=pl.int_range(pl.len())).filter(begins)
    return firsts.select(
        "user_id",
        session=pl.int_range(1, pl.len() + 1, dtype=pl.Int64).over("user_id"),
        started_at=time,
        ended_at=pl.col("before").shift(-1, fill_value=ordered["played_at"][-1]),
        plays=place.shift(-1, fill_value=ordered.height) - place,
    ).collect()


def plays_in(plays, sessions):
    """The plays of some sessions, with the columns of their session."""
    of_users = plays.lazy().join(sessions.lazy(), on="user_id")
    return of_users.filter(pl.col("played_at").is_between("started_at", "ended_at"))


def longest_sessions(plays, sessions):
    length = pl.col("ended_at") - pl.col("started_at")
    longest = sessions.sort(length, "user_id", "session", descending=[True, False, False]).head(10).drop("plays")
    order = ["played_at", "artist", "track"]
    track = pl.struct(order).sort_by(order, nulls_last=True)
    sessions = plays_in(plays, longest).group_by("user_id", "session", "started_at", "ended_at")
    return sessions.agg(tracks=track).collect()


def most_played_tracks(plays, sessions):
    busiest = sessions.sort("plays", "user_id", "session", descending=[True, False, False]).head(50).drop("plays")
    return top(plays_in(plays, busiest), 10)


def main():
    job = Job("Polars", pl.__version__)

    def write(table, frame):
        frame.write_parquet(job.result(table), compression="zstd")
        job.done(table)

    plays = read(job.file("plays.tsv"))
    job.done("read")
    write("songs_per_user", songs_per_user(plays))
    write("top_songs", top(plays.lazy(), 100))
    sessions = number_sessions(plays)
    write("sessions", sessions)
    write("longest_sessions", longest_sessions(plays, sessions))
    write("most_played_tracks", most_played_tracks(plays, sessions))
    job.finish()


main()

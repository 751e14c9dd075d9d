"""The lastfm questions in chDB, ClickHouse as a library: the plays in a table in memory, one statement a question.

ClickHouse's strings are not nullable by habit (nullable ones cost it time), so an empty name stays empty inside and
becomes NULL where results are written. The windows see two narrow columns only; the plays of the few sessions asked
for are joined by their span of time.
"""
import chdb
from chdb import session

from job import Job

PLAYS = """
    CREATE TABLE job.plays ENGINE = Memory AS
    SELECT user_id, played_at, artist, track
    FROM file('{plays}', 'TabSeparatedRaw', 'user_id String, played_at DateTime(\\'UTC\\'), artist_id String,
              artist String, track_id String, track String')
    SETTINGS date_time_input_format = 'best_effort'"""

SONGS_PER_USER = """
    SELECT user_id, count() AS songs
    FROM (SELECT DISTINCT user_id, artist, track FROM job.plays)
    GROUP BY user_id"""

TOP_SONGS = """
    SELECT nullIf(artist, '') AS artist, nullIf(track, '') AS track, plays
    FROM (
        SELECT artist, track, count() AS plays
        FROM job.plays
        GROUP BY artist, track
        ORDER BY plays DESC, artist = '', artist, track = '', track
        LIMIT 100)"""

SESSIONS = """
    CREATE TABLE job.sessions ENGINE = Memory AS
    WITH pauses AS (
        SELECT user_id, played_at,
               row_number() OVER each > 1
                   AND toInt64(played_at) - toInt64(lagInFrame(played_at) OVER each) <= 1200 AS joins
        FROM job.plays
        WINDOW each AS (PARTITION BY user_id ORDER BY played_at ROWS BETWEEN 1 PRECEDING AND CURRENT ROW)),
    numbered AS (
        SELECT user_id, played_at,
               sum(NOT joins) OVER (PARTITION BY user_id ORDER BY played_at ROWS UNBOUNDED PRECEDING) AS session
        FROM pauses)
    SELECT user_id, session, min(played_at) AS started_at, max(played_at) AS ended_at, count() AS plays
    FROM numbered
    GROUP BY user_id, session"""

SESSIONS_WRITTEN = """
    SELECT user_id, session, toDateTime64(started_at, 6) AS started_at, toDateTime64(ended_at, 6) AS ended_at, plays
    FROM job.sessions"""

LONGEST_SESSIONS = """
    WITH longest AS (
        SELECT user_id, session, started_at, ended_at
        FROM job.sessions
        ORDER BY ended_at - started_at DESC, user_id, session
        LIMIT 10)
    SELECT user_id, session, toDateTime64(started_at, 6) AS started_at, toDateTime64(ended_at, 6) AS ended_at,
           groupArray(track_played) AS tracks
    FROM (
        SELECT user_id, session, started_at, ended_at,
               CAST((toDateTime64(played_at, 6, 'UTC'), nullIf(artist, ''), nullIf(track, '')),
                    'Tuple(played_at DateTime64(6, \\'UTC\\'), artist Nullable(String), track Nullable(String))')
                   AS track_played
        FROM job.plays
        JOIN longest USING (user_id)
        WHERE played_at BETWEEN started_at AND ended_at
        ORDER BY played_at, artist = '', artist, track = '', track)
    GROUP BY user_id, session, started_at, ended_at"""

MOST_PLAYED_TRACKS = """
    WITH busiest AS (
        SELECT user_id, started_at, ended_at
        FROM job.sessions
        ORDER BY plays DESC, user_id, session
        LIMIT 50)
    SELECT nullIf(artist, '') AS artist, nullIf(track, '') AS track, plays
    FROM (
        SELECT artist, track, count() AS plays
        FROM job.plays
        JOIN busiest USING (user_id)
        WHERE played_at BETWEEN started_at AND ended_at
        GROUP BY artist, track
        ORDER BY plays DESC, artist = '', artist, track = '', track
        LIMIT 10)"""


def main():
    job = Job("chDB", chdb.__version__)
    connection = session.Session()
    connection.query(f"SET max_threads = {job.threads}")
    connection.query("CREATE DATABASE job ENGINE = Atomic")

    def write(table, query):
        connection.query(
            f"{query} INTO OUTFILE '{job.result(table)}' FORMAT Parquet"
            " SETTINGS output_format_parquet_compression_method = 'zstd'"
        )
        job.done(table)

    connection.query(PLAYS.format(plays=job.plays))
    job.done("read")
    write("songs_per_user", SONGS_PER_USER)
    write("top_songs", TOP_SONGS)
    connection.query(SESSIONS)
    write("sessions", SESSIONS_WRITTEN)
    write("longest_sessions", LONGEST_SESSIONS)
    write("most_played_tracks", MOST_PLAYED_TRACKS)
    job.finish()


main()

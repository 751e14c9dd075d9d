"""The lastfm questions in chDB, ClickHouse as a library: the plays in a table in memory, one statement a question.

ClickHouse's strings are not nullable by habit (nullable ones cost it time), so an empty name stays empty inside and
becomes NULL where results are written. The plays of the few sessions asked for are joined by their span of time.
"""
import chdb
from chdb import session

from job import Job

# Twice as fast as the format TabSeparatedRaw. (TabSeparated takes backslashes for escapes, which they are not here.)
PLAYS = """
    CREATE TABLE job.plays ENGINE = Memory AS
    SELECT fields[1] AS user_id, toDateTime(substring(fields[2], 1, 19), 'UTC') AS played_at, fields[4] AS artist,
           fields[6] AS track
    FROM (SELECT splitByChar('\t', line) AS fields FROM file('{plays}', 'LineAsString'))"""

SONGS_PER_USER = "SELECT user_id, uniqExact(artist, track) AS songs FROM job.plays GROUP BY user_id"

TOP_SONGS = """
    SELECT nullIf(artist, '') AS artist, nullIf(track, '') AS track, plays
    FROM (
        SELECT artist, track, count() AS plays
        FROM job.plays
        GROUP BY artist, track
        ORDER BY plays DESC, artist = '', artist, track = '', track
        LIMIT 100)"""

# A user's times as one array, split where the pause is too long.
SESSIONS = """
    CREATE TABLE job.sessions ENGINE = Memory AS
    WITH users AS (
        SELECT user_id, arraySort(groupArray(played_at)) AS times
        FROM job.plays
        GROUP BY user_id),
    split AS (
        SELECT user_id, arraySplit((time, pause) -> pause > 1200, times, arrayDifference(arrayMap(time -> toInt64(time), times)))
                   AS parts
        FROM users)
    SELECT user_id, session, part[1] AS started_at, part[-1] AS ended_at, length(part) AS plays
    FROM split
    ARRAY JOIN parts AS part, arrayEnumerate(parts) AS session"""

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

    connection.query(PLAYS.format(plays=job.file("plays.tsv")))
    job.done("read")
    write("songs_per_user", SONGS_PER_USER)
    write("top_songs", TOP_SONGS)
    connection.query(SESSIONS)
    write("sessions", SESSIONS_WRITTEN)
    write("longest_sessions", LONGEST_SESSIONS)
    write("most_played_tracks", MOST_PLAYED_TRACKS)
    job.finish()


main()

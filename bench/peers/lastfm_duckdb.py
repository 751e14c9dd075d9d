"""The lastfm questions in DuckDB: the plays in a table in memory, one statement a question.

Windows see two narrow columns only; the plays of the few sessions asked for are joined by their span of time.
"""
import duckdb

from job import Job

PLAYS = """
    CREATE TABLE plays AS
    SELECT user_id, played_at, artist, track
    FROM read_csv('{plays}', delim = '\t', header = false, quote = '', escape = '', columns = {{
        'user_id': 'VARCHAR', 'played_at': 'TIMESTAMP', 'artist_id': 'VARCHAR', 'artist': 'VARCHAR',
        'track_id': 'VARCHAR', 'track': 'VARCHAR'}})"""

SONGS_PER_USER = "SELECT user_id, count(DISTINCT (artist, track)) AS songs FROM plays GROUP BY user_id"

TOP_SONGS = """
    SELECT artist, track, count(*) AS plays
    FROM plays
    GROUP BY artist, track
    ORDER BY plays DESC, artist, track
    LIMIT 100"""

# Only the first play of each session is looked at twice: the play before the next session's first is a session's last.
SESSIONS = """
    CREATE TABLE sessions AS
    WITH ordered AS (
        SELECT user_id, played_at, lag(played_at) OVER times AS before, row_number() OVER times AS place,
               max(played_at) OVER users AS newest, count(*) OVER users AS plays
        FROM plays
        WINDOW users AS (PARTITION BY user_id), times AS (PARTITION BY user_id ORDER BY played_at)),
    firsts AS (
        FROM ordered
        WHERE before IS NULL OR played_at - before > INTERVAL 20 MINUTES)
    SELECT user_id, row_number() OVER places AS session, played_at AS started_at,
           coalesce(lead(before) OVER places, newest) AS ended_at,
           coalesce(lead(place) OVER places, plays + 1) - place AS plays
    FROM firsts
    WINDOW places AS (PARTITION BY user_id ORDER BY place)"""

LONGEST_SESSIONS = """
    WITH longest AS (
        SELECT user_id, session, started_at, ended_at
        FROM sessions
        ORDER BY ended_at - started_at DESC, user_id, session
        LIMIT 10)
    SELECT user_id, session, started_at, ended_at,
           list({played_at: played_at, artist: artist, track: track} ORDER BY played_at, artist, track) AS tracks
    FROM plays
    JOIN longest USING (user_id)
    WHERE played_at BETWEEN started_at AND ended_at
    GROUP BY ALL"""

MOST_PLAYED_TRACKS = """
    WITH busiest AS (
        SELECT user_id, started_at, ended_at
        FROM sessions
        ORDER BY plays DESC, user_id, session
        LIMIT 50)
    SELECT artist, track, count(*) AS plays
    FROM plays
    JOIN busiest USING (user_id)
    WHERE played_at BETWEEN started_at AND ended_at
    GROUP BY artist, track
    ORDER BY plays DESC, artist, track
    LIMIT 10"""


def main():
    job = Job("DuckDB", duckdb.__version__)
    connection = duckdb.connect()
    connection.execute(f"SET threads = {job.threads}; SET preserve_insertion_order = false; SET TimeZone = 'UTC'")

    def write(table, query):
        connection.execute(f"COPY ({query}) TO '{job.result(table)}' (FORMAT parquet, COMPRESSION zstd)")
        job.done(table)

    connection.execute(PLAYS.format(plays=job.file("plays.tsv")))
    job.done("read")
    write("songs_per_user", SONGS_PER_USER)
    write("top_songs", TOP_SONGS)
    connection.execute(SESSIONS)
    write("sessions", "FROM sessions")
    write("longest_sessions", LONGEST_SESSIONS)
    write("most_played_tracks", MOST_PLAYED_TRACKS)
    job.finish()


main()

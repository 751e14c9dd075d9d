"""The lastfm questions in DataFusion: the plays as batches in memory, one statement a question.

Windows see two narrow columns only; the plays of the few sessions asked for are joined by their span of time.
"""
import datafusion
import pyarrow
from datafusion.options import CsvReadOptions

from job import Job

COLUMNS = ["user_id", "played_at", "artist_id", "artist", "track_id", "track"]

PLAYS = "SELECT user_id, to_timestamp_micros(played_at) AS played_at, artist, track FROM file"

SONGS_PER_USER = """
    SELECT user_id, count(*) AS songs
    FROM (SELECT DISTINCT user_id, artist, track FROM plays)
    GROUP BY user_id"""

TOP_SONGS = """
    SELECT artist, track, count(*) AS plays
    FROM plays
    GROUP BY artist, track
    ORDER BY plays DESC, artist NULLS LAST, track NULLS LAST
    LIMIT 100"""

# Only the first play of each session is looked at twice: the play before the next session's first is a session's last.
SESSIONS = """
    WITH ordered AS (
        SELECT user_id, played_at, lag(played_at) OVER times AS before, row_number() OVER times AS place
        FROM plays
        WINDOW times AS (PARTITION BY user_id ORDER BY played_at)),
    firsts AS (
        SELECT *
        FROM ordered
        WHERE before IS NULL OR played_at - before > INTERVAL '20 minutes'),
    users AS (
        SELECT user_id, max(played_at) AS newest, count(*) AS plays
        FROM plays
        GROUP BY user_id)
    SELECT firsts.user_id, row_number() OVER places AS session, played_at AS started_at,
           coalesce(lead(before) OVER places, newest) AS ended_at,
           coalesce(lead(place) OVER places, users.plays + 1) - place AS plays
    FROM firsts
    JOIN users ON users.user_id = firsts.user_id
    WINDOW places AS (PARTITION BY firsts.user_id ORDER BY place)"""

# Lists of string views are slow to build, so these few rows get plain strings.
LONGEST_SESSIONS = """
    WITH longest AS (
        SELECT user_id, session, started_at, ended_at
        FROM sessions
        ORDER BY ended_at - started_at DESC, user_id, session
        LIMIT 10)
    SELECT plays.user_id, session, started_at, ended_at,
           array_agg(named_struct('played_at', played_at, 'artist', arrow_cast(artist, 'Utf8'),
                                  'track', arrow_cast(track, 'Utf8'))
                     ORDER BY played_at, artist NULLS LAST, track NULLS LAST) AS tracks
    FROM plays
    JOIN longest ON plays.user_id = longest.user_id AND played_at BETWEEN started_at AND ended_at
    GROUP BY plays.user_id, session, started_at, ended_at"""

MOST_PLAYED_TRACKS = """
    WITH busiest AS (
        SELECT user_id, started_at, ended_at
        FROM sessions
        ORDER BY plays DESC, user_id, session
        LIMIT 50)
    SELECT artist, track, count(*) AS plays
    FROM plays
    JOIN busiest ON plays.user_id = busiest.user_id AND played_at BETWEEN started_at AND ended_at
    GROUP BY artist, track
    ORDER BY plays DESC, artist NULLS LAST, track NULLS LAST
    LIMIT 10"""


def main():
    job = Job("DataFusion", datafusion.__version__)
    context = datafusion.SessionContext(datafusion.SessionConfig().with_target_partitions(job.threads))

    def keep(name, query):
        """Holds the rows of a query in memory, as the table `name`."""
        parts = [part for part in context.sql(query).collect_partitioned() if part]
        context.register_record_batches(name, parts)

    def write(table, query):
        context.sql(query).write_parquet(job.result(table), compression="zstd", compression_level=3)
        job.done(table)

    schema = pyarrow.schema([(name, pyarrow.string_view()) for name in COLUMNS])
    # It cannot read without a quote; this one does not occur.
    options = CsvReadOptions(schema=schema, has_header=False, delimiter="\t", quote="\x01", file_extension=".tsv")
    context.register_csv("file", job.file("plays.tsv"), options=options)
    keep("plays", PLAYS)
    job.done("read")
    write("songs_per_user", SONGS_PER_USER)
    write("top_songs", TOP_SONGS)
    keep("sessions", SESSIONS)
    write("sessions", "SELECT * FROM sessions")
    write("longest_sessions", LONGEST_SESSIONS)
    write("most_played_tracks", MOST_PLAYED_TRACKS)
    job.finish()


main()

"""The sparkify tables in DuckDB: the plays in a table in memory, one statement a table.

A user's latest row is the greatest struct, which sorts nothing.
"""
import duckdb

from job import Job

PLAYS = """
    CREATE TABLE plays AS
    SELECT DISTINCT userId, sessionId, itemInSession, ts, make_timestamp(ts * 1000) AS start_time,
           CAST(userId AS BIGINT) AS user_id, firstName, lastName, gender, level, song, artist, length, location, userAgent
    FROM read_json('{logs}', format = 'newline_delimited', columns = {{
        artist: 'VARCHAR', firstName: 'VARCHAR', gender: 'VARCHAR', itemInSession: 'INTEGER', lastName: 'VARCHAR',
        length: 'DOUBLE', level: 'VARCHAR', location: 'VARCHAR', page: 'VARCHAR', sessionId: 'BIGINT', song: 'VARCHAR',
        ts: 'BIGINT', userAgent: 'VARCHAR', userId: 'VARCHAR'}})
    WHERE page = 'NextSong'"""

SONG_FILES = """
    CREATE TABLE song_files AS
    FROM read_json('{songs}', columns = {{
        song_id: 'VARCHAR', title: 'VARCHAR', duration: 'DOUBLE', year: 'INTEGER', artist_id: 'VARCHAR',
        artist_name: 'VARCHAR', artist_location: 'VARCHAR', artist_latitude: 'DOUBLE', artist_longitude: 'DOUBLE'}})"""

SONGPLAYS = """
    SELECT md5(userId || '-' || sessionId || '-' || itemInSession || '-' || ts) AS songplay_id,
           start_time, user_id, level, song_id, artist_id, sessionId AS session_id, location, userAgent AS user_agent,
           year(start_time) AS year, month(start_time) AS month
    FROM plays
    LEFT JOIN song_files ON song = title AND artist = artist_name AND length = duration"""

USERS = """
    WITH latest AS (
        SELECT user_id,
               max({ts: ts, session: sessionId, item: itemInSession,
                    first_name: firstName, last_name: lastName, gender: gender, level: level}) AS event
        FROM plays
        GROUP BY user_id)
    SELECT user_id, event.first_name, event.last_name, event.gender, event.level
    FROM latest"""

SONGS = "SELECT song_id, title, artist_id, year, duration FROM song_files"

ARTISTS = """
    SELECT DISTINCT ON (artist_id) artist_id, artist_name AS name, artist_location AS location,
           artist_latitude AS latitude, artist_longitude AS longitude
    FROM song_files
    ORDER BY artist_id, song_id"""

TIME = """
    SELECT start_time, hour(start_time) AS hour, day(start_time) AS day, week(start_time) AS week,
           month(start_time) AS month, year(start_time) AS year, isodow(start_time) AS weekday
    FROM (SELECT DISTINCT start_time FROM plays)"""


def main():
    job = Job("DuckDB", duckdb.__version__)
    connection = duckdb.connect()
    connection.execute(f"SET threads = {job.threads}; SET preserve_insertion_order = false; SET TimeZone = 'UTC'")

    def write(table, query):
        connection.execute(f"COPY ({query}) TO '{job.result(table)}' (FORMAT parquet, COMPRESSION zstd)")
        job.done(table)

    connection.execute(PLAYS.format(logs=job.file("log_data/**/*.json")))
    job.done("read plays")
    connection.execute(SONG_FILES.format(songs=job.file("song_data/**/*.json")))
    job.done("read songs")
    write("songplays", SONGPLAYS)
    write("users", USERS)
    write("songs", SONGS)
    write("artists", ARTISTS)
    write("time", TIME)
    job.finish()


main()

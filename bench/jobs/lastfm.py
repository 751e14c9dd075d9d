"""Four questions about plays: songs per user, the top 100, sessions and the longest of them, what is played most in the fullest."""
import pyarrow
import pyarrow.compute

from harness.contenders import Yardstick
from harness.job import Job
from harness.tables import NAME, NUMBER, TIME, Table, canonical, canonical_column, tabbed

FULL_ROWS = 19_150_868
FULL_USERS = 992

SONG = {"artist": NAME, "track": NAME}
SESSION = {"user_id": NAME, "session": NUMBER}
SPAN = {"started_at": TIME, "ended_at": TIME}


def options(rows):
    """As many plays a user as in the full data."""
    return {"rows": rows, "users": max(1, round(rows * FULL_USERS / FULL_ROWS))}


def rows_of_tracks(read):
    """The lists of tracks as rows, numbered within their session: their order is part of the answer."""
    sessions = read["longest_sessions"]
    lists = sessions.column("tracks").combine_chunks()
    parent = pyarrow.compute.list_parent_indices(lists)
    tracks = lists.flatten()
    lengths = pyarrow.compute.list_value_length(lists).to_pylist()
    position = pyarrow.array([place for length in lengths for place in range(length)], NUMBER)
    columns = {name: canonical_column(sessions.column(name), type_).take(parent) for name, type_ in SESSION.items()}
    columns |= {name: pyarrow.compute.struct_field(tracks, name) for name in ("played_at", "artist", "track")}
    return pyarrow.table(columns | {"position": position})


TABLES = {
    "songs_per_user": Table(1, {"user_id": NAME, "songs": NUMBER}),
    "top_songs": Table(2, SONG | {"plays": NUMBER}),
    "sessions": Table(2, SESSION | SPAN | {"plays": NUMBER}),
    "longest_sessions": Table(2, SESSION | SPAN),
    "tracks": Table(3, SESSION | {"position": NUMBER, "played_at": TIME} | SONG, rows_of_tracks),
    "most_played_tracks": Table(2, SONG | {"plays": NUMBER}),
}


def lost_plays(answer, rows):
    """Every play is in exactly one session, so the sessions' plays add up to the rows of the file."""
    counted = pyarrow.compute.sum(answer["sessions"].column("plays")).as_py()
    return None if counted == rows else f"sessions: they hold {counted:,} plays, the file {rows:,}"


class Generic(Yardstick):
    """The same questions by generic operators in one dense file; how fast it can be done."""

    name = "generic"
    source = "lastfm_generic.cpp"

    def arguments(self, data, folder, threads):
        return [data.paths[0], f"t={threads}", f"out={folder}"]

    def results(self, folder):
        """Its sessions have seconds for times; its list of longest sessions is prose and is not compared."""
        sessions = tabbed(folder / "sessions.tsv", TABLES["sessions"].columns)
        for place, name in ((2, "started_at"), (3, "ended_at")):
            sessions = sessions.set_column(place, name, sessions.column(name).cast("timestamp[s]"))
        read = {
            "songs_per_user": tabbed(folder / "distinct.tsv", TABLES["songs_per_user"].columns),
            "top_songs": tabbed(folder / "top.tsv", TABLES["top_songs"].columns),
            "sessions": sessions,
            "most_played_tracks": tabbed(folder / "t.tsv", TABLES["most_played_tracks"].columns),
        }
        return canonical(TABLES, read)


class Limit(Yardstick):
    """Written for this one file. It writes no tables, so only its timing is taken."""

    source = "lastfm_limit.cpp"

    def arguments(self, data, _folder, _threads):
        return [data.paths[0]]


JOB = Job(
    name="lastfm",
    help="Segue beside DuckDB, Polars, DataFusion and chDB on the lastfm questions",
    full_rows=FULL_ROWS,
    noun="plays",
    about="{rows:,} plays of {users:,} users",
    options=options,
    files={"plays": "plays.tsv", "users": "users.tsv"},
    tables=TABLES,
    lost=lost_plays,
    peers=("duckdb", "polars", "datafusion", "chdb"),
    yardsticks=(Generic, Limit),
)

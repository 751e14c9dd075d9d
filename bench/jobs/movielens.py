"""Ratings of films: all of them with their time, what each film is worth, and the three that each user liked best."""
import pyarrow.compute

from harness.contenders import Yardstick
from harness.job import Job
from harness.tables import FRACTION, NAME, NUMBER, TIME, Table

FULL_ROWS = 20_000_000
FULL_USERS = 138_493
FULL_MOVIES = 26_744

FILM = {"movie_id": NUMBER, "title": NAME, "genres": NAME}
WORTH = {"max_rating": FRACTION, "min_rating": FRACTION, "avg_rating": FRACTION, "ratings": NUMBER}

TABLES = {
    "ratings": Table(2, {"user_id": NUMBER, "movie_id": NUMBER, "rating": FRACTION, "rated_at": TIME}),
    "movies": Table(1, FILM),
    "users": Table(1, {"user_id": NUMBER, "gender": NAME, "age": NUMBER, "occupation": NUMBER, "zip": NAME}),
    "movie_ratings": Table(1, FILM | WORTH),
    "top_movies": Table(2, {"user_id": NUMBER, "rank": NUMBER, "movie_id": NUMBER, "title": NAME, "rating": FRACTION}),
}


def options(rows):
    """As many ratings a user and a film as in the full data; the generator makes no fewer than 100 films."""
    return {
        "ratings": rows,
        "users": max(1, round(rows * FULL_USERS / FULL_ROWS)),
        "movies": max(100, round(rows * FULL_MOVIES / FULL_ROWS)),
    }


def lost_ratings(answer, rows):
    """Every rating is of exactly one film, so the films' ratings add up to the rows of the file."""
    counted = pyarrow.compute.sum(answer["movie_ratings"].column("ratings")).as_py()
    return None if counted == rows else f"movie_ratings: they count {counted:,} ratings, the file has {rows:,}"


class Limit(Yardstick):
    """Ratings and each user's three best films, written for this one shape; ranks and titles are left out, so it is not compared."""

    source = "movielens_limit.cpp"
    libraries = ("arrow", "parquet")
    most_movies = 4095

    def arguments(self, data, folder, _threads):
        return [*data.paths[:2], folder]

    def unfit(self, data):
        """It needs nothing special of the processor, but counts by film in arrays of a fixed length."""
        movies = options(data.rows)["movies"]
        return f"the program takes {self.most_movies:,} films at most, the data has {movies:,}" if movies > self.most_movies else None


JOB = Job(
    name="movielens",
    help="Segue beside DuckDB and Polars on ratings of films",
    full_rows=FULL_ROWS,
    noun="ratings",
    about="{ratings:,} ratings of {movies:,} films by {users:,} users",
    options=options,
    files={"ratings": "ratings.dat", "movies": "movies.dat", "users": "users.dat"},
    tables=TABLES,
    lost=lost_ratings,
    peers=("duckdb", "polars"),
    yardsticks=(Limit,),
)

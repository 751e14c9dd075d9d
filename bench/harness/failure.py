"""The one way in which a measurement ends early."""


class BenchFailure(Exception):
    """Says what went wrong and what to do about it, for the reader of the terminal."""

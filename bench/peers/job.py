"""What every peer shares: its arguments, its clock and the line that it prints for the harness."""
import argparse
import json
import sys
import time


class Job:
    """One run of a peer. The clock starts here, after the engine is imported; imports cost the peer nothing."""

    def __init__(self, engine, version):
        parser = argparse.ArgumentParser(description=f"A job in {engine}.")
        parser.add_argument("data", help="the folder of the job's files")
        parser.add_argument("results", help="the folder, there and empty, that the results go to")
        parser.add_argument("--threads", type=int, default=2)
        arguments = parser.parse_args()
        self.data = arguments.data
        self.results = arguments.results
        self.threads = arguments.threads
        self._version = version
        self._steps = {}
        self._begin = self._last = time.perf_counter()

    def file(self, name):
        """The path of a file of the data."""
        return f"{self.data}/{name}"

    def result(self, table):
        """The path that a table of the results is written to."""
        return f"{self.results}/{table}.parquet"

    def done(self, step):
        """Notes how long a step took."""
        now = time.perf_counter()
        self._steps[step] = round(now - self._last, 3)
        self._last = now

    def finish(self):
        """Stops the clock and tells the harness; what follows, such as giving memory back, is not timed."""
        seconds = round(time.perf_counter() - self._begin, 3)
        json.dump({"version": self._version, "seconds": seconds, "steps": self._steps}, sys.stdout)
        print(flush=True)

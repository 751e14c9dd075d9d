"""Runs one process and measures it: time, memory of it and its children, and what else the machine did meanwhile."""
import dataclasses
import os
import pathlib
import signal
import subprocess
import threading
import time

SAMPLE_SECONDS = 0.02
LIMIT_SECONDS = 1800


@dataclasses.dataclass
class Outcome:
    """What a process did. Memory is in bytes; times are in seconds."""

    exit_code: int  # negative: the signal that ended it
    wall: float  # from its start to its end
    processor: float  # of all its threads
    others: float  # part of the machine's processors that other work took meanwhile, 0 to 1
    anonymous: int  # peak of memory that no file backs, over it and its children
    resident: int  # the same with the pages of mapped files
    stdout: str
    stderr: str


class MemorySampler(threading.Thread):
    """Watches a process and its children until it is stopped; ends the process when it takes too long."""

    def __init__(self, pid):
        super().__init__(daemon=True)
        self.anonymous = 0
        self.resident = 0
        self._pid = pid
        self._stopped = threading.Event()

    def run(self):
        end = time.monotonic() + LIMIT_SECONDS
        while not self._stopped.wait(SAMPLE_SECONDS):
            self._sample()
            if time.monotonic() > end:
                os.kill(self._pid, signal.SIGKILL)

    def stop(self):
        self._stopped.set()
        self.join()

    def _sample(self):
        states = [memory(pid) for pid in tree(self._pid)]
        anonymous = sum(state.get("RssAnon", 0) + state.get("RssShmem", 0) for state in states)
        resident = sum(state.get("VmRSS", 0) for state in states)
        high_water = max((state.get("VmHWM", 0) for state in states), default=0)
        self.anonymous = max(self.anonymous, anonymous)
        self.resident = max(self.resident, resident, high_water)


def tree(pid):
    """A process and all that descend from it, as far as they are still there."""
    found = [pid]
    for one in found:
        try:
            for task in pathlib.Path(f"/proc/{one}/task").iterdir():
                found.extend(int(child) for child in (task / "children").read_text().split())
        except OSError:
            continue
    return found


def memory(pid):
    """The kernel's count of a process's memory, bytes by name; empty when it has ended."""
    try:
        lines = pathlib.Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return {}
    fields = (line.split() for line in lines if line.endswith(" kB"))
    return {field[0].rstrip(":"): int(field[1]) * 1024 for field in fields}


def busy_seconds():
    """Processor time that the machine has spent on anything, stolen time included, since it was started."""
    with open("/proc/stat", encoding="ascii") as file:
        user, nice, system, _idle, _waiting, interrupts, soft_interrupts, stolen = map(int, file.readline().split()[1:9])
    return (user + nice + system + interrupts + soft_interrupts + stolen) / os.sysconf("SC_CLK_TCK")


def measure(command, folder):
    """Runs a command to its end. Its output goes through files in `folder`, so that nothing here slows it."""
    with open(folder / "stdout", "w+", encoding="utf-8") as stdout, open(folder / "stderr", "w+", encoding="utf-8") as stderr:
        busy = busy_seconds()
        begin = time.perf_counter()
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=stdout, stderr=stderr)
        sampler = MemorySampler(process.pid)
        sampler.start()
        usage = wait(process)
        wall = time.perf_counter() - begin
        sampler.stop()
        busy = busy_seconds() - busy
        processor = usage.ru_utime + usage.ru_stime
        others = max(0.0, busy - processor) / (wall * os.cpu_count())
        stdout.seek(0)
        stderr.seek(0)
        return Outcome(process.returncode, wall, processor, others, sampler.anonymous, sampler.resident, stdout.read(), stderr.read())


def wait(process):
    """Waits for a process and returns what it used; does not leave it behind when we are interrupted."""
    try:
        _, status, usage = os.wait4(process.pid, 0)
    except BaseException:
        process.kill()
        process.wait()
        raise
    process.returncode = os.waitstatus_to_exitcode(status)
    return usage

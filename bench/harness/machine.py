"""What a measurement was made with: machine, time, commit, command."""
import datetime
import os
import pathlib
import platform
import shlex
import subprocess
import sys


def describe():
    """All of it, by name, for the heading of a report."""
    return {
        "date": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d %H:%M UTC"),
        "commit": commit(),
        "build": build(),
        "command": "./dev bench " + shlex.join(sys.argv[1:]),
        "processor": processor(),
        "cores": os.cpu_count(),
        "memory": os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"),
        "system": f"{distribution()}, Linux {platform.release()}",
        "load": os.getloadavg()[0],
    }


def lines(machine):
    """The heading of a report as text."""
    busy = "" if machine["load"] < 0.5 else "  (busy: not a measurement to quote)"
    return [
        f"date     {machine['date']}",
        f"commit   {machine['commit']}, {machine['build']}",
        f"machine  {machine['processor']}, {machine['cores']} cores, {machine['memory'] / 2**30:.0f} GiB; {machine['system']}",
        f"load     {machine['load']:.2f} before the first run{busy}",
        f"command  {machine['command']}",
    ]


def pin(threads):
    """Keeps this process, and so all that it starts, on that many cores."""
    allowed = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, allowed[:threads])


def flags():
    """What the processor can do, as Linux names it."""
    for line in pathlib.Path("/proc/cpuinfo").read_text(encoding="ascii").splitlines():
        if line.startswith("flags"):
            return set(line.split(":")[1].split())
    return set()


def processor():
    for line in pathlib.Path("/proc/cpuinfo").read_text(encoding="ascii").splitlines():
        if line.startswith("model name"):
            return line.split(":")[1].strip()
    return platform.machine()


def distribution():
    return platform.freedesktop_os_release().get("PRETTY_NAME", "Linux")


def build():
    """How the program was compiled: from CMake's cache."""
    cache = pathlib.Path("build/CMakeCache.txt").read_text(encoding="utf-8").splitlines()
    kind = next((line.split("=")[1] for line in cache if line.startswith("CMAKE_BUILD_TYPE")), "unknown")
    return f"{kind} build"


def commit():
    """The commit that is checked out, and whether files differ from it."""
    name = git("rev-parse", "--short", "HEAD")
    return name + (" with changes" if git("status", "--porcelain", "--untracked-files=no") else "")


def git(*arguments):
    return subprocess.run(["git", *arguments], capture_output=True, text=True, check=True).stdout.strip()

"""Checks that the #includes of src/ follow the project's layers.

usage: check_layering.py ROOT         (the folder that holds src/)
       check_layering.py --self-check

Prints each mistake as file:line: message; exits with 1 if there is one.
"""

import re
import sys
import tempfile
from pathlib import Path

# folder -> what it may include from, besides itself and all that those may include from.
LAYERS = {
    "cli": {"runs", "generate", "serve", "crawl"},
    "serve": {"runs"},
    "runs": {"engine", "duckdb", "spark", "stream", "quality", "lake", "sql", "definition", "connect"},
    "engine": {"plan", "formats"},
    "duckdb": {"plan"},
    "spark": {"plan"},
    "stream": {"plan", "connect"},
    "sql": {"plan", "duckdb"},
    "quality": {"plan"},
    "lake": {"formats"},
    "definition": {"columns"},
    "crawl": {"definition", "formats"},
    "generate": {"formats"},
    "plan": {"columns"},
    "formats": {"columns", "storage"},
    "storage": {"base"},
    "connect": {"base"},
    "columns": {"base"},
    "base": set(),
}
GENERATED = {"version.h", "unicode_tables.h"}
INCLUDE = re.compile(r'\s*#\s*include\s*(["<])([^">]+)[">]')


def reachable(folder):
    found, ahead = set(), [folder]
    while ahead:
        at = ahead.pop()
        if at not in found:
            found.add(at)
            ahead += LAYERS[at]
    return found


def check_include(source, folder, quoted, included):
    """What is wrong with one #include, or None."""
    if included in GENERATED:
        return None
    if not (source / included).is_file():
        return f'"{included}" is no file of src/: includes are rooted there' if quoted else None
    if not quoted:
        return f'<{included}> is ours: write "{included}"'
    to = Path(included).parts[0]
    if to in reachable(folder):
        return None
    allowed = ", ".join(sorted(reachable(folder) - {folder})) or "nothing"
    return f"{folder} may not include from {to}; it may from: {allowed}"


def check(root):
    """All mistakes below root/src, as (file, line, message)."""
    source = root / "src"
    mistakes = []
    for file in sorted(path for path in source.rglob("*") if path.is_file()):
        folder = file.relative_to(source).parts[0]
        name = file.relative_to(root)
        if folder not in LAYERS:
            mistakes.append((name, 1, f"{folder} is no folder of src/ that {Path(__file__).name} knows; give it a layer"))
        elif file.suffix in (".h", ".cpp"):
            for number, line in enumerate(file.read_text().splitlines(), 1):
                if match := INCLUDE.match(line):
                    if message := check_include(source, folder, match[1] == '"', match[2]):
                        mistakes.append((name, number, message))
    return mistakes


def self_check():
    """A made-up tree with one mistake of each kind: all must be found, and nothing else."""
    for folder in LAYERS:
        assert folder not in set().union(*(reachable(to) for to in LAYERS[folder])), f"a circle through {folder}"
    files = {
        "src/base/error.h": '#include <string>\n#include "version.h"\n',
        "src/plan/node.h": '#include "base/error.h"\n',
        "src/engine/scan.cpp": '#include "plan/node.h"\n  #  include "base/error.h"\n#include <arrow/api.h>\n',
        "src/plan/back.cpp": '\n\n#include "engine/scan.h"\n',
        "src/engine/scan.h": '#include "scan.cpp"\n',
        "src/storage/store.h": '#include "plan/node.h"\n#include <base/error.h>\n',
        "src/utils/misc.h": "",
    }
    expected = {
        ("src/plan/back.cpp", 3, "plan may not include from engine; it may from: base, columns"),
        ("src/engine/scan.h", 1, '"scan.cpp" is no file of src/: includes are rooted there'),
        ("src/storage/store.h", 1, "storage may not include from plan; it may from: base"),
        ("src/storage/store.h", 2, '<base/error.h> is ours: write "base/error.h"'),
        ("src/utils/misc.h", 1, "utils is no folder of src/ that check_layering.py knows; give it a layer"),
    }
    with tempfile.TemporaryDirectory() as folder:
        for name, text in files.items():
            path = Path(folder, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        found = {(str(file), line, message) for file, line, message in check(Path(folder))}
    assert found == expected, f"not found: {expected - found}; wrongly found: {found - expected}"


def main():
    if sys.argv[1] == "--self-check":
        return self_check()
    mistakes = check(Path(sys.argv[1]))
    for file, line, message in mistakes:
        print(f"{file}:{line}: {message}")
    return 1 if mistakes else 0


if __name__ == "__main__":
    sys.exit(main())

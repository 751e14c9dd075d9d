"""A web server for tests, which can do what real ones do on bad days.

usage: server.py FOLDER

Prints its port. GET /NAME answers with the file FOLDER/NAME, as FOLDER/NAME.json says, which is read anew each time:
  etag, last_modified   validators; then If-None-Match, If-Modified-Since, Range with If-Range are honoured
  statuses              [500, null]: what the first, second, … request is answered with; null, and past the end: 200
  headers               of these answers: {"Retry-After": "1"}
  breaks                [1000, null]: after so many bytes of the body the first, second, … connection is closed
  stalls                likewise: nothing more is sent, but the connection stays
  pace                  bytes a second
  redirect              where it is instead
Every request is a line of FOLDER/log: {"path", "range", "if_range", "if_none_match", "if_modified_since", "status"}.
"""

import json
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

FOLDER = Path(sys.argv[1])
LOCK = threading.Lock()
COUNTS = {}  # requests for each name, since its .json changed


def count(name, how):
    """How many requests there were before for this name, behaving like that."""
    with LOCK:
        before, number = COUNTS.get(name, (how, 0))
        number = number if before == how else 0
        COUNTS[name] = (how, number + 1)
        return number


def at(values, number):
    return values[number] if number < len(values) else None


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def note(self, status):
        line = {"path": self.path, "status": status}
        for header in ("Range", "If-Range", "If-None-Match", "If-Modified-Since"):
            line[header.lower().replace("-", "_")] = self.headers.get(header)
        with LOCK, open(FOLDER / "log", "a") as log:
            log.write(json.dumps(line) + "\n")

    def begin(self, status, length, headers):
        self.note(status)
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(length))
        self.end_headers()

    def do_GET(self):
        name = self.path.split("?")[0].lstrip("/")
        how_file = FOLDER / (name + ".json")
        how_text = how_file.read_text() if how_file.exists() else "{}"
        how = json.loads(how_text)
        number = count(name, how_text)
        status = at(how.get("statuses", []), number)
        if status is not None:
            return self.begin(status, 0, how.get("headers", {}))
        if "redirect" in how:
            return self.begin(302, 0, {"Location": how["redirect"]})
        if not (FOLDER / name).exists():
            return self.begin(404, 0, {})
        content = (FOLDER / name).read_bytes()
        headers = {}
        if how.get("etag"):
            headers["ETag"] = how["etag"]
        if how.get("last_modified"):
            headers["Last-Modified"] = how["last_modified"]
        asked, since = self.headers.get("If-None-Match"), self.headers.get("If-Modified-Since")
        if (asked and asked == how.get("etag")) or (not asked and since and since == how.get("last_modified")):
            self.note(304)
            self.send_response(304)
            self.end_headers()
            return None
        status, begin = 200, 0
        wanted, same = self.headers.get("Range"), self.headers.get("If-Range")
        if wanted and same in (how.get("etag"), how.get("last_modified")):
            begin = int(wanted.removeprefix("bytes=").rstrip("-"))
            if begin >= len(content):
                return self.begin(416, 0, {"Content-Range": f"bytes */{len(content)}"})
            status = 206
            headers["Content-Range"] = f"bytes {begin}-{len(content) - 1}/{len(content)}"
        body = content[begin:]
        self.begin(status, len(body), headers)
        ends = at(how.get("breaks", []), number)
        stalls = at(how.get("stalls", []), number)
        stop = min(x for x in (ends, stalls, len(body)) if x is not None)
        piece = max(1, how.get("pace", 1 << 30) // 20)
        for i in range(0, stop, piece):
            self.wfile.write(body[i : min(i + piece, stop)])
            self.wfile.flush()
            if "pace" in how:
                time.sleep(0.05)
        if stalls is not None:
            time.sleep(20)
        if stop < len(body):
            self.close_connection = True
        return None


server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
server.daemon_threads = True
print(server.server_address[1], flush=True)
server.serve_forever()

"""S3 for tests: moto's, behind what stands for a network that fails.

usage: server.py

Serves on a free port of 127.0.0.1, prints it as a line, and ends when its standard input does. The bucket `lake` is
there. Every request must be signed with the key `test-key` and the secret `test-secret`, or come with the session
token `test-token` and be signed with `session-key` and `session-secret`; signatures are computed here anew.

  POST /_faults  {"kind": …, "first": 3, "method": "PUT", "path": "regular expression"}
                 requests like that fail, the first 3 or, with -1, all; only the last order counts
                   500, 503   the answer, at once
                   lost       the request is done, the answer is 500
                   slow       it is done after a pause of 0.4 s
                   silent     there is no answer for a minute
                   cut        the answer ends in the middle of its body
  GET  /_count   {"requests": …, "failed": …} since the last order
  POST /_age     {"key": …, "seconds": …}: the object becomes that much older
"""

import datetime
import hashlib
import hmac
import json
import logging
import re
import sys
import threading
import time
import urllib.parse

import boto3
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from moto.s3.models import s3_backends
from werkzeug.serving import make_server

SECRETS = {"test-key": ("test-secret", None), "session-key": ("session-secret", "test-token")}


def signature_problem(environ, body):
    """Why a request is refused, as S3's error code; None if its signature is right (AWS Signature Version 4)."""
    parts = re.fullmatch(
        r"AWS4-HMAC-SHA256 Credential=([^/]+)/(\d+)/([^/]+)/s3/aws4_request, ?SignedHeaders=([^,]+), ?Signature=(\w+)",
        environ.get("HTTP_AUTHORIZATION", ""),
    )
    if not parts:
        return "AccessDenied"
    key, day, region, signed, signature = parts.groups()
    if key not in SECRETS:
        return "InvalidAccessKeyId"
    secret, token = SECRETS[key]
    if environ.get("HTTP_X_AMZ_SECURITY_TOKEN") != token:
        return "InvalidToken"

    def header(name):
        variable = name.upper().replace("-", "_")
        value = environ.get("HTTP_" + variable, environ.get(variable, ""))
        return re.sub(" +", " ", value.strip())

    content_hash = header("x-amz-content-sha256")
    if content_hash not in ("UNSIGNED-PAYLOAD", hashlib.sha256(body).hexdigest()) and not content_hash.startswith("STREAMING-"):
        return "XAmzContentSHA256Mismatch"
    path, _, query = environ["RAW_URI"].partition("?")
    pairs = sorted(pair if "=" in pair else pair + "=" for pair in query.split("&") if pair)
    names = signed.split(";")
    if names != sorted(names) or "host" not in names or "x-amz-content-sha256" not in names:
        return "SignatureDoesNotMatch"
    canonical = "\n".join(
        [environ["REQUEST_METHOD"], path, "&".join(pairs)] + [f"{name}:{header(name)}" for name in names] + ["", signed, content_hash]
    )
    scope = f"{day}/{region}/s3/aws4_request"
    text = "\n".join(["AWS4-HMAC-SHA256", header("x-amz-date"), scope, hashlib.sha256(canonical.encode()).hexdigest()])
    mac = ("AWS4" + secret).encode()
    for part in (day, region, "s3", "aws4_request"):
        mac = hmac.new(mac, part.encode(), hashlib.sha256).digest()
    right = hmac.new(mac, text.encode(), hashlib.sha256).hexdigest() == signature
    return None if right else "SignatureDoesNotMatch"


class Faulty:
    def __init__(self, application):
        self.application = application
        self.order = None
        self.counts = {"requests": 0, "failed": 0}
        self.lock = threading.Lock()
        self.creating = threading.Lock()

    def __call__(self, environ, start):
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        if environ["PATH_INFO"].startswith("/_"):
            return self.control(environ["PATH_INFO"], body, start)
        problem = signature_problem(environ, body)
        if problem:
            return self.error(start, "403 Forbidden", problem)
        kind = self.fault(environ["REQUEST_METHOD"], environ["RAW_URI"])
        if kind == "500":
            return self.error(start, "500 Internal Server Error", "InternalError")
        if kind == "503":
            return self.error(start, "503 Slow Down", "SlowDown")
        if kind == "slow":
            time.sleep(0.4)
        if kind == "silent":
            time.sleep(60)
        answer = self.forward(environ, body)
        if kind == "lost":
            return self.error(start, "500 Internal Server Error", "InternalError")
        status, headers, content = answer
        start(status, headers)
        return [content[: len(content) // 2] if kind == "cut" else content]

    def forward(self, environ, body):
        import io

        environ["wsgi.input"] = io.BytesIO(body)
        answer = {}

        def start(status, headers, *_):
            answer["status"], answer["headers"] = status, headers

        # moto looks whether there is an object, then makes it: two at once would both find none.
        creates = environ["REQUEST_METHOD"] == "PUT" and "HTTP_IF_NONE_MATCH" in environ
        with self.creating if creates else threading.Lock():
            content = b"".join(self.application(environ, start))
        return answer["status"], answer["headers"], content

    def fault(self, method, path):
        with self.lock:
            self.counts["requests"] += 1
            order = self.order
            if not order or order["first"] == 0 or order.get("method", method) != method:
                return None
            if not re.search(order.get("path", ""), urllib.parse.unquote(path)):
                return None
            order["first"] -= 1
            self.counts["failed"] += 1
            return order["kind"]

    def control(self, path, body, start):
        with self.lock:
            if path == "/_faults":
                self.order = json.loads(body)
                self.counts = {"requests": 0, "failed": 0}
            if path == "/_age":
                asked = json.loads(body)
                bucket = next(iter(s3_backends[next(iter(s3_backends))].values())).buckets["lake"]
                bucket.keys[asked["key"]].last_modified -= datetime.timedelta(seconds=asked["seconds"])
            content = json.dumps(self.counts).encode()
        start("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(content)))])
        return [content]

    @staticmethod
    def error(start, status, code):
        content = f"<?xml version='1.0'?><Error><Code>{code}</Code><Message>It was refused.</Message></Error>".encode()
        start(status, [("Content-Type", "application/xml"), ("Content-Length", str(len(content)))])
        return [content]


def main():
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = make_server(
        "127.0.0.1", 0, Faulty(DomainDispatcherApplication(create_backend_app)), threaded=True, request_handler=MotoRequestHandler
    )
    threading.Thread(target=server.serve_forever, daemon=True).start()
    boto3.client(
        "s3", endpoint_url=f"http://127.0.0.1:{server.port}", region_name="us-east-1", aws_access_key_id="test-key", aws_secret_access_key="test-secret"
    ).create_bucket(Bucket="lake")
    print(server.port, flush=True)
    sys.stdin.read()


main()

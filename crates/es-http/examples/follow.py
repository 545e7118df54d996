#!/usr/bin/env python3
"""Follows the log of an application over HTTP, with nothing but the standard library.

    ES_TOKEN=es_... python3 follow.py https://school.example/school position.json Dog

Prints each event of the families that are named (all, if none is) once, also if the program or the server is started anew:
the file keeps the position and the ID of the last event. Ends with status 3 if the log was rewound.
"""

import base64
import json
import os
import random
import sys
import time
import urllib.error
import urllib.parse
import urllib.request

WAIT = 20
LARGEST = 32 * 1024 * 1024


class NoRedirects(urllib.request.HTTPRedirectHandler):
    """A token is for one server only."""

    def redirect_request(self, *args):
        return None


OPENER = urllib.request.build_opener(NoRedirects)


def get(base, token, parameters):
    url = base.rstrip("/") + "/log?" + urllib.parse.urlencode(parameters, doseq=True)
    request = urllib.request.Request(url, headers={"Authorization": "Bearer " + token})
    with OPENER.open(request, timeout=WAIT + 10) as response:
        body = response.read(LARGEST + 1)
    if len(body) > LARGEST:
        raise ValueError("the answer is too large")
    return json.loads(body)


def load(path):
    try:
        with open(path, encoding="utf-8") as file:
            return json.load(file)
    except FileNotFoundError:
        return {"reached": 0, "seen": None}


def store(path, checkpoint):
    """Writes beside the file and puts it in its place, so that a crash leaves the one or the other."""
    with open(path + ".new", "w", encoding="utf-8") as file:
        json.dump(checkpoint, file)
        file.flush()
        os.fsync(file.fileno())
    os.replace(path + ".new", path)


def check(page, reached):
    """A reader that keeps a position does not believe everything."""
    for item in page["items"]:
        if not reached < item["id"] <= page["reached"]:
            raise ValueError(f"the event at position {item['id']} is out of order")
        reached = item["id"]


def show(item):
    # States that were encrypted by the application are still encrypted here.
    state = base64.b64decode(item["state"]).decode("utf-8", "replace")
    print(item["id"], item["topic"], state, flush=True)


def follow(base, token, path, families):
    checkpoint = load(path)
    while True:
        parameters = {"after": checkpoint["reached"], "wait": WAIT, "families": families}
        if checkpoint["seen"]:
            parameters["seen"] = checkpoint["seen"]
        page = get(base, token, parameters)
        check(page, checkpoint["reached"])
        for item in page["items"]:
            show(item)
            checkpoint["seen"] = f"{item['id']}/{item['event_id']}"
        if page["reached"] > checkpoint["reached"]:
            checkpoint["reached"] = page["reached"]
            store(path, checkpoint)
        yield


def main():
    base, path, *families = sys.argv[1:]
    token = os.environ["ES_TOKEN"]
    pause = 0.1
    while True:
        try:
            for _ in follow(base, token, path, families):
                pause = 0.1
        except urllib.error.HTTPError as error:
            if error.code == 409:
                print("the log was rewound:", error.read(10_000).decode(), file=sys.stderr)
                return 3
            if error.code not in (429, 502, 503, 504):
                raise
        except (urllib.error.URLError, TimeoutError, ConnectionError) as error:
            print("trying again:", error, file=sys.stderr)
        time.sleep(pause * random.uniform(0.5, 1))
        pause = min(pause * 2, 5)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        pass

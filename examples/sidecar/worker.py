#!/usr/bin/env python3
"""A job that only one replica may run. `tenure run` starts it when its replica leads and ends it when it does not."""

import fcntl
import json
import os
import signal
import sys
import threading

identity = os.environ["TENURE_IDENTITY"]
token = int(os.environ["TENURE_FENCING_TOKEN"])
ledger = sys.argv[1]
stop = threading.Event()
signal.signal(signal.SIGTERM, lambda *_: stop.set())


def work() -> int:
    """Counts in a file, which stands for whatever is guarded: it refuses a leader older than one that it has seen."""
    with open(ledger, "a+", encoding="utf-8") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.seek(0)
        state = json.loads(file.read() or '{"token": 0, "count": 0}')
        if state["token"] > token:
            sys.exit(f"{identity} was overtaken: token {state['token']} is newer than {token}")
        count = state["count"] + 1
        file.truncate(0)
        file.write(json.dumps({"token": token, "count": count, "by": identity}))
        return count


print(f"{identity} leads with token {token}", flush=True)
while not stop.wait(0.5):
    print(f"{identity} did job {work()}", flush=True)
print(f"{identity} cleans up and stops", flush=True)

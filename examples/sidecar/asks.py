#!/usr/bin/env python3
"""A program that is no child of `tenure run` and asks it instead: works only while /leader says so."""

import json
import sys
import time
import urllib.request

POLL_SECONDS = 0.5
url = sys.argv[1]
led = False

while True:
    try:
        with urllib.request.urlopen(f"{url}/leader", timeout=POLL_SECONDS) as response:
            answer = json.load(response)
    except OSError:
        answer = {"isLeader": False}  # no answer is no permission
    if answer["isLeader"]:
        # Hand the token to whatever is guarded, as worker.py does.
        print(f"{answer['identity']} did a job with token {answer['token']}", flush=True)
    elif led:
        print("stopped", flush=True)
    led = answer["isLeader"]
    time.sleep(POLL_SECONDS)

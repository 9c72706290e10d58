"""What every peer of the benchmark shares: the problem it is given, and the requests it answers.

usage: PEER.py PROBLEM
PROBLEM is a safetensors file: the initial parameters by name; `tokens`, `targets`, `weights` [C, K, B, T], batches of C calls of
K optimiser steps (MASK = V where hidden, weight 0 where a token carries no loss); sizes and optimiser as JSON in its metadata.
Each line of stdin asks for the next call, after the last one for the first again; the answer is one line of JSON. The state goes
on from call to call, and only the steps are timed.
"""
import json
import sys
import time
from types import SimpleNamespace

import numpy


def read(path):
    """(config, parameters by name, (tokens, targets, weights))"""
    with open(path, "rb") as file:
        data = file.read()
    start = 8 + int.from_bytes(data[:8], "little")
    header = json.loads(data[8:start])
    config = SimpleNamespace(**json.loads(header.pop("__metadata__")["config"]))
    arrays = {
        name: numpy.frombuffer(data[start + t["data_offsets"][0] : start + t["data_offsets"][1]], "<f4").reshape(t["shape"])
        for name, t in header.items()
    }
    tokens, targets, weights = (arrays.pop(name) for name in ("tokens", "targets", "weights"))
    return config, arrays, (tokens.astype("int32"), targets.astype("int32"), weights)


def serve(prepare):
    """prepare(config, parameters, batches) gives take(c), which takes the steps of call c and returns their losses and gradient norms."""
    config, parameters, batches = read(sys.argv[1])
    calls, steps = batches[0].shape[:2]
    take = prepare(config, parameters, batches)
    for asked, _ in enumerate(sys.stdin):
        started = time.perf_counter()
        losses, norms = take(asked % calls)
        milliseconds = 1000 * (time.perf_counter() - started) / steps
        answer = {"milliseconds": milliseconds, "losses": losses.tolist(), "norms": norms.tolist()}
        print(json.dumps(answer, allow_nan=False), flush=True)

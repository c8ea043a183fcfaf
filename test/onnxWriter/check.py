"""Compares files that saveOnnx wrote with ONNX Runtime, to 1e-5 of the largest value.

    UNROLLED_ONNX_OUT=DIR npx vitest run --project node test/onnxWriter
    node test/roundTrip/write.mjs onnx SEED COUNT DIR       # models drawn by seed
    python3 test/onnxWriter/check.py DIR        # needs onnx, onnxruntime, numpy
"""
import glob
import json
import os
import sys

import numpy
import onnx
import onnxruntime


def outputs(session, feeds, names, parts):
    """Of a stream in two parts, where the run says so: the last states of the first one go in again."""
    if not parts:
        return session.run(names, feeds)
    ((name, x),) = feeds.items()
    axis = parts["axis"]
    shapes = {p.name: [n if isinstance(n, int) else x.shape[1 - axis] for n in p.shape] for p in session.get_inputs()[1:]}
    states = {key: numpy.zeros(shape, numpy.float32) for key, shape in shapes.items()}
    found = []
    for part in numpy.split(x, [parts["cut"]], axis):
        if part.shape[axis]:
            y, *last = session.run([*names, *(f"{key[:-1]}N" for key in states)], {name: part, **states})
            states = dict(zip(states, last))
            found.append(y)
    return [numpy.concatenate(found, axis)]


failed = 0
files = sorted(glob.glob(os.path.join(sys.argv[1], "*.onnx")))
for path in files:
    case = json.load(open(path[:-5] + ".json"))
    worst, error = 0.0, ""
    try:
        onnx.checker.check_model(onnx.load(path), full_check=True)
        session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
        types = {"tensor(float)": numpy.float32, "tensor(int64)": numpy.int64}
        for run in case.get("runs", [case]):
            feeds = {
                port.name: numpy.array(value["data"], types[port.type]).reshape(value["dims"])
                for port, value in zip(session.get_inputs(), run["inputs"])
            }
            names = [value["name"] for value in run["outputs"]]
            for found, value in zip(outputs(session, feeds, names, run.get("parts")), run["outputs"]):
                wanted = numpy.array(value["data"], numpy.float64).reshape(value["dims"])
                if found.shape != wanted.shape:
                    raise ValueError(f"shape {found.shape}, expected {wanted.shape}")
                worst = max(worst, float(abs(found - wanted).max() / max(abs(wanted).max(), 1e-3)))
    except Exception as e:
        error = str(e).strip().splitlines()[0][:300]
    bad = error or not worst < 1e-5
    failed += bool(bad)
    print("FAIL" if bad else "ok  ", os.path.basename(path), f"{worst:.1e}", error)
print(f"{len(files) - failed} passed, {failed} failed")
sys.exit(1 if failed or not files else 0)

"""Runs the files of write.mjs torch in PyTorch, to 1e-5 of the largest value: python3 pytorch.py FOLDER. Needs torch, safetensors."""
import glob
import json
import os
import sys

import torch
from safetensors.torch import load_file

folder = sys.argv[1]
failed = 0
files = sorted(glob.glob(os.path.join(folder, "*.safetensors")))
for path in files:
    case = json.load(open(path.replace(".safetensors", ".json")))
    x, y = case["x"], case["y"]
    error = ""
    try:
        model = torch.nn.Module()
        for i, (name, arguments, *options) in enumerate(case["spec"]):
            model.add_module(str(i), getattr(torch.nn, name)(*arguments, **(options[0] if options else {})))
        model.load_state_dict(load_file(path))
        model.eval()
        is_indices = case["spec"][0][0] == "Embedding"
        value = torch.tensor(x["data"], dtype=torch.int64 if is_indices else torch.float32).reshape(x["dims"])
        with torch.no_grad():
            for layer in model.children():
                value = layer(value)
                value = value[0] if isinstance(value, tuple) else value
        wanted = torch.tensor(y["data"], dtype=torch.float64).reshape(y["dims"])
        if value.shape != wanted.shape:
            raise ValueError(f"shape {list(value.shape)}, expected {list(wanted.shape)}")
        worst = float((value - wanted).abs().max() / wanted.abs().max().clamp(min=1e-3))
        error = "" if worst < 1e-5 else f"{worst:.1e} of the largest value"
    except Exception as e:
        error = str(e).strip().splitlines()[0][:300]
    if error:
        failed += 1
        print("FAIL", os.path.basename(path), error, case["spec"])
print(f"{len(files) - failed} passed, {failed} failed")
sys.exit(1 if failed or not files else 0)

"""
python3 test/cli/exported/torchGraphs.py FOLDER: for each NAME.json (inputs and outputs of a model), runs NAME.py, as
`unrolled convert --to torch` writes it, on the inputs, and holds its outputs against those of the file. Then saves its parameters,
each plus 1, to NAME.saved. Needs PyTorch 2.
"""
import json
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import torch


def tensor(value):
    if "data" not in value:
        return {name: tensor(one) for name, one in value.items()}
    return torch.tensor(value["data"]).reshape(value["shape"])


for path in sorted(Path(sys.argv[1]).glob("*.json")):
    case = json.loads(path.read_text())
    spec = spec_from_file_location("written", path.with_suffix(".py"))
    written = module_from_spec(spec)
    spec.loader.exec_module(written)
    model = written.load()
    model.eval()
    found = model(tensor(case["inputs"]))
    found, expected = (found[0] if isinstance(found, tuple) else found), tensor(case["outputs"])
    pairs = [(found[name], expected[name]) for name in expected] if isinstance(expected, dict) else [(found, expected)]
    worst = max(((a - b.reshape(a.shape)).abs().max() / b.abs().max()).item() for a, b in pairs)
    assert worst < 1e-5, (path.stem, worst)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter += 1
    written.save(model, path.with_suffix(".saved"))
    print(f"{path.stem}: largest difference {worst:.1e} of the largest output")

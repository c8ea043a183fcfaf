/** Parts of the Python file. The module is between the head and the files; the loop is left out without a training. */

/** Imports, the model's file, and what is written to it. */
export const HEAD = `import argparse
import csv
import hashlib
import io
import json
import math
import os
import re
import struct
from collections import OrderedDict
from pathlib import Path

import torch
import torch.distributed as dist
from torch import nn
from torch.nn.functional import cross_entropy
from torch.nn.parallel import DistributedDataParallel
`;

export const LAST_STEP = `
class LastStep(nn.Module):
    def forward(self, x):
        return x[-1]

`;

/** What comes behind the list of modules. */
export const FORWARD = `
    def forward(self, x, states=None):
        """x: [T, B] indices or [T, B, features]. Gives the output, and the states of the recurrent layers."""
        after = []
        for layer in self:
            if isinstance(layer, nn.RNNBase):
                x, state = layer(x, None if states is None else states[len(after)])
                after.append(state)
            else:
                x = layer(x)
        return x, after

`;

export const FILES = `
def read_file(path):
    """Tensors and metadata of a safetensors file of float32."""
    data = Path(path).read_bytes()
    (size,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8 : 8 + size])
    metadata = header.pop("__metadata__", {})
    tensors = {}
    for name, entry in header.items():
        begin, end = (8 + size + at for at in entry["data_offsets"])
        values = torch.frombuffer(bytearray(data[begin:end]), dtype=torch.float32) if end > begin else torch.empty(0)
        tensors[name] = values.reshape(entry["shape"]).clone()
    return tensors, metadata


def write_file(path, tensors, metadata):
    header, parts, at = {"__metadata__": metadata}, [], 0
    for name in sorted(tensors):
        tensor = tensors[name].detach().to("cpu", torch.float32).contiguous()
        part = bytes(tensor.flatten().view(torch.uint8).tolist())
        header[name] = {"dtype": "F32", "shape": list(tensor.shape), "data_offsets": [at, at + len(part)]}
        parts.append(part)
        at += len(part)
    text = json.dumps(header, ensure_ascii=False).encode()
    text += b" " * (-len(text) % 8)
    whole = struct.pack("<Q", len(text)) + text + b"".join(parts)
    temporary = Path(f"{path}.{os.getpid()}.tmp")
    temporary.write_bytes(whole)
    temporary.replace(path)


def save(model, path=MODEL):
    """Writes the parameters, for Sequential.load or Model.load; what a checkpoint has besides them is left out."""
    _, metadata = read_file(MODEL)
    saved = json.loads(metadata["unrolled"])
    saved = {key: saved[key] for key in ("version", "layers", "generator", "graph") if key in saved}
    kept = {name: text for name, text in metadata.items() if name != "training"}
    write_file(path, dict(model.named_parameters()), {**kept, "unrolled": json.dumps(saved)})


def load(path=MODEL):
    """The module with the parameters of the file."""
    tensors, _ = read_file(path)
    model = Model()
    # those that are tied have one name there
    model.load_state_dict({name: tensors[name] for name, _ in model.named_parameters()}, strict=False)
    return model

`;

/** Reads the text as indices [N]. */
export const TEXT = `
def read_data(path, metadata):
    """The text as indices [N], and the hash of the text."""
    text = Path(path).read_bytes().decode("utf-8").removeprefix("\\ufeff")
    index = {character: i for i, character in enumerate(metadata["vocabulary"])}
    return torch.tensor([index[character] for character in text]), hashlib.sha256(text.encode()).hexdigest()


def batch_of(data, step, T, B):
    """x and y [T, B] of an update: each of B lanes reads on from its place; after the end comes the beginning."""
    starts = torch.tensor([b * len(data) // B + step * T for b in range(B)])
    at = (torch.arange(T + 1)[:, None] + starts) % len(data)
    return data[at[:-1]], data[at[1:]]


def loss_of(output, y):
    return cross_entropy(output.flatten(0, 1), y.flatten())

`;

/** Reads a table as normalized rows [N, F]. */
export const TABLE = `
def read_data(path, metadata):
    """The table as normalized rows [N, columns], and the hash of the file."""
    text = Path(path).read_bytes().decode("utf-8").removeprefix("\\ufeff")
    header = re.match(r'(?:[^\\S\\r\\n]*[\\r\\n]+)*((?:"[^"]*"|[^"\\r\\n]+)*)', text)[1]
    separator = max("\\t;,", key=re.sub('"[^"]*"', "", header).count)
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=separator, skipinitialspace=True)
    rows = [row for row in lines if len(row) > 1 or "".join(row).strip()]
    header = [name.strip() for name in rows[0]]
    places = [header.index(name) for name in json.loads(metadata["columns"])]
    data = torch.tensor([[float(row[place]) for place in places] for row in rows[1:]], dtype=torch.float64)
    normalizer = json.loads(metadata["normalizer"])
    data = (data - torch.tensor(normalizer["offset"])) / torch.tensor(normalizer["scale"])
    return data.float(), hashlib.sha256(text.encode()).hexdigest()


def batch_of(data, step, T, B):
    """x and y [T, B, columns] of an update: each of B lanes reads on from its place."""
    rows = len(data) - 1
    starts = torch.tensor([b * rows // B + step * T for b in range(B)])
    at = (torch.arange(T)[:, None] + starts) % rows
    return data[at], data[at + 1]


def loss_of(output, y):
    return nn.functional.mse_loss(output, y)

`;

/** The loop: the same updates as `unrolled train`. */
export const LOOP = `
class Losses:
    """The curve of the losses as unrolled keeps it: means over windows that double when there are 256."""

    def __init__(self, saved):
        self.__dict__.update(saved)

    def add(self, loss):
        self.recent = (self.recent + [loss])[-50:]
        self.sum += loss
        self.count += 1
        if self.count < self.every:
            return
        self.means.append(self.sum / self.count)
        self.sum = self.count = 0
        if len(self.means) == 256:
            self.means = [(a + b) / 2 for a, b in zip(self.means[::2], self.means[1::2])]
            self.every *= 2


def rate_of(step, settings):
    """50 updates of warm-up, then half a cosine to a tenth."""
    if step < 50:
        return settings["lr"] * (step + 1) / 50
    part = min((step - 50) / settings["decay"], 1)
    return settings["lr"] * (0.1 + 0.9 * (1 + math.cos(math.pi * part)) / 2)


def states_from(tensors, model, rows):
    """The carried states of some rows, or None for zeros. The file has one tensor per stacked layer and state."""
    names = sorted((name for name in tensors if name.startswith("carried.")), key=lambda name: int(name[8:]))
    if not names:
        return None
    flat, states = [tensors[name][rows] for name in names], []
    for layer in (layer for layer in model if isinstance(layer, nn.RNNBase)):
        kinds = 2 if isinstance(layer, nn.LSTM) else 1
        own = [flat.pop(0) for _ in range(kinds * layer.num_layers)]
        parts = [torch.stack(own[kind::kinds]) for kind in range(kinds)]
        states.append(tuple(parts) if kinds == 2 else parts[0])
    return states


def flat_states(states):
    """The opposite of states_from, one row per row of the batch."""
    flat = []
    for state in states:
        parts = state if isinstance(state, tuple) else (state,)
        for layer in range(len(parts[0])):
            flat.extend(part[layer].contiguous() for part in parts)
    return flat


def gathered(tensor, world):
    parts = [torch.empty_like(tensor) for _ in range(world)]
    dist.all_gather(parts, tensor)
    return torch.cat(parts)


def main():
    parser = argparse.ArgumentParser(description="Continues the training of " + str(MODEL))
    parser.add_argument("data", help="the file that the model was trained on")
    parser.add_argument("--model", default=MODEL, help="the safetensors file to continue from")
    parser.add_argument("--out", help="where to save (default: the file itself)")
    parser.add_argument("--steps", type=int, help="updates in all, those before included (default: those of the run)")
    given = parser.parse_args()
    # one process without torchrun
    for name, value in {"RANK": 0, "WORLD_SIZE": 1, "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": 29500}.items():
        os.environ.setdefault(name, str(value))
    dist.init_process_group("gloo")
    rank, world = dist.get_rank(), dist.get_world_size()
    tensors, metadata = read_file(given.model)
    saved, training = json.loads(metadata["unrolled"]), json.loads(metadata["training"])
    settings, step = training["settings"], training["step"]
    T, B = settings["seqLen"], settings["batch"]
    if B % world:
        raise SystemExit(f"the batch of {B} can not be cut in {world} equal parts")
    data, sha256 = read_data(given.data, metadata)
    if sha256 != training.get("text", training.get("table"))["sha256"]:
        raise SystemExit(f"{given.data}: not the file that the model was trained on")
    rows = slice(rank * B // world, (rank + 1) * B // world)

    torch.manual_seed(settings["seed"] + rank)
    model = load(given.model)
    optimizer = torch.optim.AdamW(model.parameters(), lr=settings["lr"], betas=(0.9, 0.99), weight_decay=0.01)
    for name, parameter in model.named_parameters():
        slots = {slot: tensors.get(f"optimizer.{slot}.{name}") for slot in ("exp_avg", "exp_avg_sq")}
        if slots["exp_avg"] is not None:
            optimizer.state[parameter] = {"step": torch.tensor(float(saved["optimizer"]["steps"])), **slots}
    states = states_from(tensors, model, rows)
    losses = Losses(training["losses"])
    parallel = DistributedDataParallel(model)
    last = given.steps or training["steps"]
    while step < last:
        for group in optimizer.param_groups:
            group["lr"] = rate_of(step, settings)
        x, y = batch_of(data, step, T, B)
        output, states = parallel(x[:, rows], states)
        loss = loss_of(output, y[:, rows])
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        # truncated: the next update begins where this one ends
        states = [tuple(part.detach() for part in s) if isinstance(s, tuple) else s.detach() for s in states]
        mean = loss.detach() / world
        dist.all_reduce(mean)
        step += 1
        losses.add(mean.item())
        if rank == 0 and (step % 50 == 0 or step == last):
            print(f"step {step} of {last}: loss {sum(losses.recent) / len(losses.recent):.3f}", flush=True)

    carried = [gathered(state, world) for state in flat_states(states or [])]
    if rank == 0:
        tensors = dict(model.named_parameters())
        for name, parameter in model.named_parameters():
            for slot in ("exp_avg", "exp_avg_sq"):
                tensors[f"optimizer.{slot}.{name}"] = optimizer.state[parameter][slot]
        tensors.update({f"carried.{i}": state for i, state in enumerate(carried)})
        saved["optimizer"]["steps"] = step
        saved["carried"] = B
        training.update(step=step, steps=last, losses=losses.__dict__)
        metadata = {**metadata, "unrolled": json.dumps(saved), "training": json.dumps(training)}
        write_file(given.out or given.model, tensors, metadata)
        print(f"saved {given.out or given.model}")
    dist.destroy_process_group()


if __name__ == "__main__":
    main()
`;

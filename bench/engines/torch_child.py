"""PyTorch's side of torch.mjs: lines of JSON on stdin, each followed by the arrays it announces."""

import ctypes
import json
import sys
import time

import torch

torch.set_num_threads(1)
CELLS = {"rnn": torch.nn.RNN, "lstm": torch.nn.LSTM, "gru": torch.nn.GRU}


def load(module, arrays, prefix=""):
    state = {name[len(prefix) :]: a for name, a in arrays.items() if name.startswith(prefix)}
    module.load_state_dict({name: state[name] for name in module.state_dict()})
    return module


def joined(*tensors):
    return torch.cat([t.detach().reshape(-1) for t in tensors])


def matmul(case, a):
    out = {}

    @torch.inference_mode()
    def run():
        out["y"] = torch.matmul(a["a"], a["b"])

    return run, lambda: out["y"]


def elementwise(case, a):
    out = {}
    f = getattr(torch, case["work"])

    @torch.inference_mode()
    def run():
        out["y"] = f(a["x"])

    return run, lambda: out["y"]


def cell(case, a):
    shape = case["shape"]
    return load(CELLS[case["cell"]](shape["I"], shape["H"]), a)


def step(case, a):
    module = cell(case, a)
    out = {"state": None}

    @torch.inference_mode()
    def run():
        out["y"], out["state"] = module(a["x"], out["state"])

    return run, lambda: out["y"]


def forward(case, a):
    module = cell(case, a)
    out = {}

    @torch.inference_mode()
    def run():
        out["y"], _ = module(a["x"])

    return run, lambda: out["y"]


def train(case, a):
    module = cell(case, a)
    x = a["x"].requires_grad_()

    def run():
        module.zero_grad(set_to_none=True)
        x.grad = None
        y, _ = module(x)
        y.backward(a["dy"])

    def output():
        return joined(module.weight_ih_l0.grad, module.weight_hh_l0.grad, module.bias_ih_l0.grad, x.grad)

    return run, output


def convolution(case, a):
    shape, taps = case["shape"], case["taps"]
    module = torch.nn.Conv1d(shape["I"], shape["H"], taps, padding="same")
    parameters = {name: a[name] for name in ("weight", "bias")}
    # its own layout is [B, C, T]
    return load(module, parameters), a["x"].permute(1, 2, 0).contiguous()


def conv_forward(case, a):
    module, x = convolution(case, a)
    out = {}

    @torch.inference_mode()
    def run():
        out["y"] = module(x)

    return run, lambda: out["y"].permute(2, 0, 1)


def conv_train(case, a):
    module, x = convolution(case, a)
    x.requires_grad_()
    dy = a["dy"].permute(1, 2, 0).contiguous()

    def run():
        module.zero_grad(set_to_none=True)
        x.grad = None
        module(x).backward(dy)

    def output():
        return joined(module.weight.grad, module.bias.grad, x.grad.permute(2, 0, 1))

    return run, output


def char_lm(case, a):
    shape, vocabulary = case["shape"], case["vocabulary"]
    embedding = load(torch.nn.Embedding(vocabulary, shape["I"]), a, "0.")
    lstm = load(torch.nn.LSTM(shape["I"], shape["H"], num_layers=2), a, "1.")
    linear = load(torch.nn.Linear(shape["H"], vocabulary), a, "2.")
    parameters = [p for module in (embedding, lstm, linear) for p in module.parameters()]
    optimizer = torch.optim.AdamW(parameters, lr=1e-3)
    x, y = a["x"].long(), a["y"].long()
    out = {}

    def run():
        optimizer.zero_grad(set_to_none=True)
        logits = linear(lstm(embedding(x))[0])
        loss = torch.nn.functional.cross_entropy(logits.view(-1, vocabulary), y.view(-1))
        loss.backward()
        optimizer.step()
        out["loss"] = loss.detach().reshape(1)

    return run, lambda: out["loss"]


KINDS = {
    "matmul": matmul,
    "map": elementwise,
    "step": step,
    "forward": forward,
    "train": train,
    "conv-forward": conv_forward,
    "conv-train": conv_train,
    "char-lm": char_lm,
}


class Worker:
    def open(self, message, arrays):
        return {"version": torch.__version__}

    def prepare(self, message, arrays):
        case = message["case"]
        self.run, self.output = KINDS[case["kind"]](case, arrays)
        return {}

    def check(self, message, arrays):
        for _ in range(message["runs"]):
            start = time.perf_counter()
            self.run()
            self.us = (time.perf_counter() - start) * 1e6
        y = self.output().detach().contiguous()
        return {"us": self.us}, ctypes.string_at(y.data_ptr(), y.numel() * 4)

    def burst(self, message, arrays):
        times = max(1, round(message["sample"] * 1000 / self.us))
        samples = []
        end = time.perf_counter() + message["ms"] / 1000
        while True:
            start = time.perf_counter()
            for _ in range(times):
                self.run()
            now = time.perf_counter()
            samples.append((now - start) * 1e6 / times)
            if now >= end:
                break
        self.us = sorted(samples)[len(samples) // 2]
        return {"samples": samples}

    def dispose(self, message, arrays):
        self.run = self.output = None
        return {}


def read(stream, layout):
    arrays = {}
    for entry in layout:
        count = 1
        for n in entry["shape"]:
            count *= n
        raw = bytearray(stream.read(count * 4))
        dtype = torch.int32 if entry["integer"] else torch.float32
        arrays[entry["name"]] = torch.frombuffer(raw, dtype=dtype).reshape(entry["shape"]).clone()
    return arrays


def main():
    worker = Worker()
    source, sink = sys.stdin.buffer, sys.stdout.buffer
    for line in iter(source.readline, b""):
        message = json.loads(line)
        arrays = read(source, message["arrays"])
        try:
            result = getattr(worker, message["op"])(message, arrays)
        except Exception as error:  # told to the other side
            result = {"error": f"{type(error).__name__}: {error}"}
        result, raw = result if isinstance(result, tuple) else (result, b"")
        sink.write(json.dumps({**result, "bytes": len(raw)}).encode() + b"\n" + raw)
        sink.flush()


main()

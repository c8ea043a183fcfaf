"""
python3 test/cli/exported/triton.py FOLDER PROTO: the models for Triton in FOLDER, as `unrolled convert --to triton` writes them, against
PROTO, protobuf/model_config.proto of triton-inference-server/common, and the rules of its server for what goes with an ONNX file.
Needs grpcio-tools and onnx.
"""
import sys
import tempfile
from importlib import import_module
from pathlib import Path

import onnx
from google.protobuf import text_format
from grpc_tools import protoc

folder, proto = map(Path, sys.argv[1:3])
made = tempfile.mkdtemp()
assert protoc.main(["", f"-I{proto.resolve().parent}", f"--python_out={made}", str(proto.resolve())]) == 0
sys.path.insert(0, made)
pb = import_module(f"{proto.stem}_pb2")
TYPES = {pb.TYPE_FP32: onnx.TensorProto.FLOAT, pb.TYPE_INT64: onnx.TensorProto.INT64}


def check(config, model):
    """The backend compares names, types and shapes; with batches the first size is that of the rows, and free."""
    graph = model.graph
    assert config.backend == "onnxruntime" and config.max_batch_size > 0
    states = config.sequence_batching.state
    if states:
        assert config.sequence_batching.oldest.max_candidate_sequences > 0
        assert config.sequence_batching.max_sequence_idle_microseconds > 0
    else:
        assert config.WhichOneof("scheduling_choice") == "dynamic_batching"
    given = {one.name: one for one in config.input} | {one.input_name: one for one in states}
    found = {one.name: one for one in config.output} | {one.output_name: one for one in states}
    assert len(given) == len(config.input) + len(states) and len(found) == len(config.output) + len(states)
    for named, values in ((given, graph.input), (found, graph.output)):
        assert set(named) == {value.name for value in values}, (set(named), [value.name for value in values])
        for value in values:
            one, tensor = named[value.name], value.type.tensor_type
            assert TYPES[one.data_type] == tensor.elem_type, value.name
            sizes = [size.dim_value if size.HasField("dim_value") else -1 for size in tensor.shape.dim]
            assert sizes[0] == -1, f"{value.name}: the number of rows is {sizes[0]}"
            # the server refuses values without dims: a vector of indices has one index per row, which is reshaped
            assert len(one.dims) > 0 and all(size == -1 or size > 0 for size in one.dims), value.name
            reshaped = hasattr(one, "reshape") and one.HasField("reshape")
            assert list(one.reshape.shape if reshaped else one.dims) == sizes[1:], (value.name, sizes)
    for state in states:
        (start,) = state.initial_state
        assert start.name and start.WhichOneof("state_data") == "zero_data"
        assert start.data_type == state.data_type and list(start.dims) == list(state.dims)
        # the server makes the initial state: it has no free sizes
        assert all(size > 0 for size in start.dims), state.input_name


for path in sorted(folder.glob("*/config.pbtxt")):
    parsed = text_format.Parse(path.read_text(), pb.ModelConfig())
    assert parsed.name == path.parent.name
    check(parsed, onnx.load(path.parent / "1/model.onnx"))
    print(f"{path.parent.name}: {len(parsed.input)} inputs, {len(parsed.output)} outputs, {len(parsed.sequence_batching.state)} states")

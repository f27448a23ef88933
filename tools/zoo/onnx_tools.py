"""What every exporter here shares: torch -> ONNX, clean-up, checker, SHA-256.

torch has no module for some ONNX operators, or takes them apart when it exports.  The
``autograd.Function`` classes below compute with torch and export as exactly one node.
They serve inference only: no backward pass is defined.
"""
from __future__ import annotations

import hashlib
import warnings
from pathlib import Path
from typing import Any, Sequence

import onnx
import torch
import torch.nn.functional as F
from torch import Tensor, nn

Attributes = dict[str, dict[int, str]]


class _Lrn(torch.autograd.Function):
    """ONNX ``LRN``: x / (bias + alpha / size * sum of squares over ``size`` channels) ^ beta."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, size: int, alpha: float, beta: float, bias: float) -> Tensor:
        return F.local_response_norm(x, size, alpha, beta, bias)

    @staticmethod
    def symbolic(g: Any, x: Any, size: int, alpha: float, beta: float, bias: float) -> Any:
        node = g.op("LRN", x, size_i=size, alpha_f=alpha, beta_f=beta, bias_f=bias)
        node.setType(x.type())
        return node


class Lrn(nn.Module):
    """Local response normalisation across channels; input and output [N, C, H, W]."""

    def __init__(self, size: int, alpha: float, beta: float, bias: float) -> None:
        super().__init__()
        self.size, self.alpha, self.beta, self.bias = size, alpha, beta, bias

    def forward(self, x: Tensor) -> Tensor:
        return _Lrn.apply(x, self.size, self.alpha, self.beta, self.bias)


class _PaddedConv1d(torch.autograd.Function):
    """ONNX ``Conv`` with pads that differ left and right, which torch's Conv1d cannot say."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, bias: Tensor, left: int, right: int,
                stride: int) -> Tensor:
        return F.conv1d(F.pad(x, (left, right)), weight, bias, stride)

    @staticmethod
    def symbolic(g: Any, x: Any, weight: Any, bias: Any, left: int, right: int,
                 stride: int) -> Any:
        kernel = weight.type().sizes()[2]
        return g.op("Conv", x, weight, bias, kernel_shape_i=[kernel], pads_i=[left, right],
                    strides_i=[stride], dilations_i=[1], group_i=1)


class PaddedConv1d(nn.Conv1d):
    """Conv1d with "same" padding as Keras and TensorFlow define it; [N, Ci, L] -> [N, Co, L/s].

    The odd remainder of the padding goes to the right.  L must be a multiple of the stride s.
    """

    def forward(self, x: Tensor) -> Tensor:
        kernel, stride = self.kernel_size[0], self.stride[0]
        total = max(kernel - stride, 0)
        left = total // 2
        return _PaddedConv1d.apply(x, self.weight, self.bias, left, total - left, stride)


class _PadChannels(torch.autograd.Function):
    """ONNX ``Pad`` with constant pads on axis 1 (torch exports a chain of eight nodes)."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, extra: int) -> Tensor:
        return F.pad(x, (0, 0, 0, extra))

    @staticmethod
    def symbolic(g: Any, x: Any, extra: int) -> Any:
        pads = g.op("Constant", value_t=torch.tensor([0, 0, 0, 0, extra, 0]))
        return g.op("Pad", x, pads, mode_s="constant")


def pad_channels(x: Tensor, extra: int) -> Tensor:
    """Append ``extra`` zero channels: [N, C, L] -> [N, C + extra, L]."""
    return _PadChannels.apply(x, extra)


class _InferenceDropout(torch.autograd.Function):
    """ONNX ``Dropout`` in inference mode: the identity, but visible in the graph."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, ratio: float) -> Tensor:
        return x.clone()

    @staticmethod
    def symbolic(g: Any, x: Any, ratio: float) -> Any:
        node = g.op("Dropout", x, g.op("Constant", value_t=torch.tensor(ratio)))
        node.setType(x.type())
        return node


class InferenceDropout(nn.Module):
    """Stands in for nn.Dropout during an export that keeps Dropout nodes."""

    def __init__(self, ratio: float) -> None:
        super().__init__()
        self.ratio = ratio

    def forward(self, x: Tensor) -> Tensor:
        return _InferenceDropout.apply(x, self.ratio)


def expose_dropout(model: nn.Module) -> None:
    """Replace every nn.Dropout of ``model``, in place, so that it survives the export."""
    for name, child in model.named_children():
        if isinstance(child, nn.Dropout):
            setattr(model, name, InferenceDropout(child.p))
        else:
            expose_dropout(child)


def export_onnx(model: nn.Module, example: Tensor, path: Path, *, opset: int, keep_bn: bool,
                output: str = "output", dynamic_axes: Attributes | None = None) -> onnx.ModelProto:
    """Write ``model`` (eval mode) as ONNX with one input named ``input``, clean and check it.

    ``keep_bn`` leaves BatchNormalization as nodes; otherwise torch folds them into the
    convolutions where it can.
    """
    mode = torch.onnx.TrainingMode.PRESERVE if keep_bn else torch.onnx.TrainingMode.EVAL
    path.parent.mkdir(parents=True, exist_ok=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(model, example, str(path), opset_version=opset, training=mode,
                          do_constant_folding=True, input_names=["input"],
                          output_names=[output], dynamic_axes=dynamic_axes)
    proto = onnx.load(str(path))
    drop_initializer_aliases(proto)
    onnx.checker.check_model(proto, full_check=True)
    onnx.save(proto, str(path))
    onnx.checker.check_model(str(path))
    return proto


def drop_initializer_aliases(proto: onnx.ModelProto) -> None:
    """Remove the Identity nodes by which torch lets equal initializers share one copy."""
    graph = proto.graph
    stored = {tensor.name for tensor in graph.initializer}
    outputs = {value.name for value in graph.output}
    alias: dict[str, str] = {}
    kept: list[onnx.NodeProto] = []
    for node in graph.node:
        if (node.op_type == "Identity" and node.input[0] in stored
                and node.output[0] not in outputs):
            alias[node.output[0]] = node.input[0]
            continue
        for i, name in enumerate(node.input):
            node.input[i] = alias.get(name, name)
        kept.append(node)
    del graph.node[:]
    graph.node.extend(kept)


def op_counts(proto: onnx.ModelProto) -> dict[str, int]:
    """Number of nodes per operator, by name."""
    counts: dict[str, int] = {}
    for node in proto.graph.node:
        counts[node.op_type] = counts.get(node.op_type, 0) + 1
    return dict(sorted(counts.items()))


def io_shape(values: Sequence[onnx.ValueInfoProto]) -> list[int | str]:
    """Shape of the first of ``values``; symbolic dimensions as their names."""
    return [d.dim_param or d.dim_value for d in values[0].type.tensor_type.shape.dim]


def sha256(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    return hashlib.sha256(path.read_bytes()).hexdigest()

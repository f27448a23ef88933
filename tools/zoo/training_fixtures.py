#!/usr/bin/python3
"""What PyTorch computes for the networks and optimizers that Edge trains, as small fixtures.

    python3 training_fixtures.py [--out ../../tests/Edge.Runtime.Tests/Training/fixtures]

Weights and inputs are not stored: both sides make them from a seed (SplitMix64, ``uniform``
below).  Of each gradient the fixture holds its norm, its sum and some sampled elements.
"""
from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any, Callable

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F
from torch import Tensor, nn

F32Array = npt.NDArray[np.float32]
MASK = (1 << 64) - 1
SAMPLES = 24


def uniform(count: int, seed: int) -> F32Array:
    """Uniform in [-1, 1): SplitMix64 with the given start, the upper 24 bits of each number."""
    index = np.arange(1, count + 1, dtype=np.uint64)
    with np.errstate(over="ignore"):
        z = np.uint64(seed & MASK) + index * np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        z = z ^ (z >> np.uint64(31))
    return ((z >> np.uint64(40)).astype(np.float32) * np.float32(2.0 / (1 << 24)) - np.float32(1)).astype(np.float32)


class Recorder:
    """Makes parameters in the order in which a network asks for them."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.parameters: list[Tensor] = []

    def make(self, shape: tuple[int, ...], scale: float, offset: float = 0.0) -> Tensor:
        count = int(np.prod(shape))
        values = uniform(count, self.seed * 1000 + len(self.parameters)) * np.float32(scale) + np.float32(offset)
        tensor = torch.from_numpy(values.astype(np.float32).reshape(shape)).requires_grad_(True)
        self.parameters.append(tensor)
        return tensor

    def conv(self, x: Tensor, channels: int, kernel: tuple[int, ...], **options: Any) -> Tensor:
        groups = options.get("groups", 1)
        shape = (channels, x.shape[1] // groups, *kernel)
        weight = self.make(shape, (3.0 / np.prod(shape[1:])) ** 0.5)
        bias = self.make((channels,), 0.1)
        call = F.conv1d if len(kernel) == 1 else F.conv2d
        return call(x, weight, bias, **options)

    def linear(self, x: Tensor, size: int) -> Tensor:
        weight = self.make((size, x.shape[1]), (3.0 / x.shape[1]) ** 0.5)
        return F.linear(x, weight, self.make((size,), 0.1))

    def norm(self, x: Tensor) -> Tensor:
        """Batch normalization with the statistics of the batch."""
        scale = self.make((x.shape[1],), 0.3, 1.0)
        bias = self.make((x.shape[1],), 0.1)
        return F.batch_norm(x, None, None, scale, bias, training=True)


def lenet5(net: Recorder, x: Tensor) -> Tensor:
    x = F.max_pool2d(F.relu(net.conv(x, 6, (5, 5))), 2)
    x = F.max_pool2d(F.relu(net.conv(x, 16, (5, 5))), 2)
    x = F.relu(net.linear(x.flatten(1), 120))
    x = F.relu(net.linear(x, 84))
    return net.linear(x, 10)


def residual(net: Recorder, x: Tensor, channels: int, stride: int, squeeze: bool) -> Tensor:
    y = F.relu(net.norm(net.conv(x, channels, (3, 3), stride=stride, padding=1)))
    y = net.norm(net.conv(y, channels, (3, 3), padding=1))
    if squeeze:
        z = F.relu(net.conv(F.adaptive_avg_pool2d(y, 1), channels // 4, (1, 1)))
        y = y * torch.sigmoid(net.conv(z, channels, (1, 1)))
    if stride != 1 or x.shape[1] != channels:
        x = net.norm(net.conv(x, channels, (1, 1), stride=stride))
    return F.relu(x + y)


def resnet(net: Recorder, x: Tensor, squeeze: bool, width: int, blocks: int) -> Tensor:
    x = F.relu(net.norm(net.conv(x, width, (7, 7), stride=2, padding=3)))
    x = F.max_pool2d(x, 3, 2, 1)
    for stage in range(4):
        for block in range(blocks):
            x = residual(net, x, width << stage, 2 if stage > 0 and block == 0 else 1, squeeze)
    return net.linear(F.adaptive_avg_pool2d(x, 1).flatten(1), 10)


def googlenet(net: Recorder, x: Tensor) -> Tensor:
    """The stem with local response normalization and two inception blocks."""
    x = F.relu(net.conv(x, 16, (7, 7), stride=2, padding=3))
    x = F.local_response_norm(F.max_pool2d(x, 3, 2, ceil_mode=True), 5, 0.5, 0.75, 1.0)
    for sizes in ((8, 8, 12, 4, 6, 6), (12, 10, 16, 4, 8, 8)):
        a = F.relu(net.conv(x, sizes[0], (1, 1)))
        b = F.relu(net.conv(F.relu(net.conv(x, sizes[1], (1, 1))), sizes[2], (3, 3), padding=1))
        c = F.relu(net.conv(F.relu(net.conv(x, sizes[3], (1, 1))), sizes[4], (5, 5), padding=2))
        d = F.relu(net.conv(F.max_pool2d(x, 3, 1, 1), sizes[5], (1, 1)))
        x = torch.cat([a, b, c, d], 1)
    return net.linear(F.avg_pool2d(x, x.shape[2]).flatten(1), 10)


def ecg(net: Recorder, x: Tensor) -> Tensor:
    """A one-dimensional residual network as for heart beats: long kernels, strides, dilation, ELU and leaky ReLU."""
    x = F.leaky_relu(net.norm(net.conv(x, 16, (15,), stride=2, padding=7)), 0.1)
    for dilation in (1, 2, 4):
        y = F.elu(net.norm(net.conv(x, 16, (7,), padding=3 * dilation, dilation=dilation)))
        x = x + net.conv(y, 16, (7,), padding=3, groups=4)
        x = F.avg_pool1d(x, 2)
    return net.linear(x.mean(2), 5)


NETWORKS: dict[str, tuple[Callable[[Recorder, Tensor], Tensor], tuple[int, ...]]] = {
    "lenet5": (lenet5, (4, 1, 32, 32)),
    "resnet18": (lambda net, x: resnet(net, x, False, 64, 2), (2, 3, 64, 64)),
    "se_resnet": (lambda net, x: resnet(net, x, True, 16, 1), (2, 3, 64, 64)),
    "googlenet": (googlenet, (2, 3, 48, 48)),
    "ecg": (ecg, (3, 1, 187)),
}


def network(name: str) -> dict[str, Any]:
    forward, shape = NETWORKS[name]
    net = Recorder(seed=sum(name.encode()))
    x = torch.from_numpy(uniform(int(np.prod(shape)), net.seed).reshape(shape))
    logits = forward(net, x)
    labels = torch.arange(shape[0]) * 3 % logits.shape[1]
    loss = F.cross_entropy(logits, labels)
    loss.backward()
    gradients = []
    for parameter in net.parameters:
        assert parameter.grad is not None
        g = parameter.grad.double().flatten()
        step = max(1, len(g) // SAMPLES)
        gradients.append({"count": len(g), "norm": float(g.norm()), "sum": float(g.sum()), "step": step,
                          "samples": [float(v) for v in g[::step][:SAMPLES]]})
    return {"name": name, "seed": net.seed, "loss": float(loss), "logits": [float(v) for v in logits.flatten()], "gradients": gradients}


def optimizer(name: str, make: Callable[[list[Tensor]], torch.optim.Optimizer]) -> dict[str, Any]:
    """100 steps on sum of a * (w - b)^2 * (1 + sin(step)) with per-weight a and b."""
    w = torch.from_numpy(uniform(37, 1)).requires_grad_(True)
    a = torch.from_numpy(uniform(37, 2)).abs() + 0.1
    b = torch.from_numpy(uniform(37, 3))
    chosen = make([w])
    for step in range(100):
        chosen.zero_grad()
        w.grad = (2 * a * (w.detach() - b) * np.float32(1 + 0.5 * np.sin(step))).float()
        chosen.step()
    return {"name": name, "weights": [float(v) for v in w.detach()]}


def losses() -> list[dict[str, Any]]:
    x = torch.from_numpy(uniform(30, 4).reshape(6, 5) * 3).requires_grad_(True)
    labels = torch.tensor([0, 3, 1, 4, 4, 2])
    weights = torch.from_numpy(np.abs(uniform(5, 5)) + np.float32(0.2))
    onehot = F.one_hot(labels, 5).float()
    cases = {
        "cross_entropy": lambda: F.cross_entropy(x, labels),
        "cross_entropy_smooth": lambda: F.cross_entropy(x, labels, label_smoothing=0.1),
        "cross_entropy_weighted": lambda: F.cross_entropy(x, labels, weight=weights),
        "cross_entropy_both": lambda: F.cross_entropy(x, labels, weight=weights, label_smoothing=0.2),
        "binary_cross_entropy": lambda: F.binary_cross_entropy_with_logits(x, onehot),
        "squared_error": lambda: F.mse_loss(x, onehot),
    }
    result = []
    for name, compute in cases.items():
        x.grad = None
        loss = compute()
        loss.backward()
        assert x.grad is not None
        result.append({"name": name, "loss": float(loss), "gradient": [float(v) for v in x.grad.flatten()]})
    return result


OPTIMIZERS: dict[str, Callable[[list[Tensor]], torch.optim.Optimizer]] = {
    "sgd": lambda p: torch.optim.SGD(p, lr=0.05, weight_decay=0.01),
    "momentum": lambda p: torch.optim.SGD(p, lr=0.02, momentum=0.9),
    "nesterov": lambda p: torch.optim.SGD(p, lr=0.02, momentum=0.9, nesterov=True, weight_decay=0.01),
    "rmsprop": lambda p: torch.optim.RMSprop(p, lr=0.01),
    "adam": lambda p: torch.optim.Adam(p, lr=0.01, weight_decay=0.01),
    "adamw": lambda p: torch.optim.AdamW(p, lr=0.01, weight_decay=0.1),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path(__file__).parents[2] / "tests/Edge.Runtime.Tests/Training/fixtures")
    out: Path = parser.parse_args().out
    out.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(0)
    files: dict[str, Any] = {f"gradients_{name}": network(name) for name in NETWORKS}
    files["optimizers"] = [optimizer(name, make) for name, make in OPTIMIZERS.items()]
    files["losses"] = losses()
    for name, content in files.items():
        (out / f"{name}.json").write_text(json.dumps(content) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

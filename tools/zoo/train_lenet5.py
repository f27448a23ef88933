#!/usr/bin/python3
"""Train LeNet-5 on MNIST and export it as ONNX.

The network has the layer sizes of LeCun, Bottou, Bengio, Haffner, "Gradient-based learning
applied to document recognition" (1998), fully connected between the feature maps of S2 and
C3, with ReLU for the scaled tanh, max pooling for the trainable sub-sampling, and a plain
linear output of logits for the RBF units.

    python3 train_lenet5.py [--epochs 40] [--seed 1998] [--threads 2] [--out models]

writes lenet5.onnx, lenet5.metrics.json, lenet5.preprocess.json and mnist.labels.txt.
The test digits are looked at once, after the last epoch: no epoch is picked by them.
"""
from __future__ import annotations

import argparse
import json
import math
import platform
import time
from collections import OrderedDict
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
import torch.nn.functional as F
from torch import Tensor, nn

import mnist
from onnx_tools import export_onnx, io_shape, op_counts, sha256

#: mean and standard deviation of the 28x28 training pixels / 255
MEAN, STD = 0.1307, 0.3081
PARAMETERS = {"conv1": 156, "conv2": 2_416, "fc1": 48_120, "fc2": 10_164, "fc3": 850}
OPSET = 17


class LeNet5(nn.Sequential):
    """[N, 1, 32, 32] -> logits [N, 10]."""

    def __init__(self) -> None:
        super().__init__(OrderedDict([
            ("conv1", nn.Conv2d(1, 6, 5)),      # [N, 6, 28, 28]
            ("relu1", nn.ReLU()),
            ("pool1", nn.MaxPool2d(2)),         # [N, 6, 14, 14]
            ("conv2", nn.Conv2d(6, 16, 5)),     # [N, 16, 10, 10]
            ("relu2", nn.ReLU()),
            ("pool2", nn.MaxPool2d(2)),         # [N, 16, 5, 5]
            ("flatten", nn.Flatten()),          # [N, 400]
            ("fc1", nn.Linear(400, 120)),
            ("relu3", nn.ReLU()),
            ("fc2", nn.Linear(120, 84)),
            ("relu4", nn.ReLU()),
            ("fc3", nn.Linear(84, 10)),
        ]))


def layer_parameters(net: nn.Module) -> dict[str, int]:
    """Trainable parameters of each layer that has any, by layer name."""
    counts = {name: sum(p.numel() for p in layer.parameters())
              for name, layer in net.named_children()}
    return {name: count for name, count in counts.items() if count}


def to_input(images: mnist.U8Array) -> Tensor:
    """uint8 [N, 28, 28] -> zero-padded, normalised float32 [N, 1, 32, 32]."""
    padded = np.pad(images, ((0, 0), (2, 2), (2, 2)))
    pixels = torch.from_numpy(padded).unsqueeze(1).float()
    return (pixels / 255 - MEAN) / STD


def augment(batch: Tensor, generator: torch.Generator) -> Tensor:
    """Rotate by up to 12 degrees, scale by 0.88..1.12, shear by up to 0.15, shift by up to 2.5
    pixels; each digit its own way, bilinear, background outside.  [N, 1, 32, 32] both ways."""
    n = batch.shape[0]

    def uniform(limit: float) -> Tensor:
        return (torch.rand(n, generator=generator) * 2 - 1) * limit

    angle, shear = uniform(math.radians(12)), uniform(0.15)
    scale = 1 + uniform(0.12)
    cos, sin = torch.cos(angle) / scale, torch.sin(angle) / scale
    shift_x, shift_y = uniform(2.5 / 16), uniform(2.5 / 16)   # the grid spans -1..1 = 32 pixels
    theta = torch.stack([
        torch.stack([cos, shear * cos - sin, shift_x], 1),
        torch.stack([sin, shear * sin + cos, shift_y], 1),
    ], 1)                                                     # [N, 2, 3]
    grid = F.affine_grid(theta, list(batch.shape), align_corners=False)
    background = -MEAN / STD
    moved = F.grid_sample(batch - background, grid, mode="bilinear", padding_mode="zeros",
                          align_corners=False)
    return moved + background


def train(net: nn.Module, images: Tensor, labels: Tensor, epochs: int, seed: int,
          batch_size: int = 128, peak_rate: float = 4e-3) -> list[float]:
    """Adam with a one-cycle rate on [N, 1, 32, 32] / [N]; returns the mean loss per epoch."""
    generator = torch.Generator().manual_seed(seed)
    steps = len(images) // batch_size
    optimizer = torch.optim.AdamW(net.parameters(), lr=peak_rate, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, peak_rate, total_steps=epochs * steps, pct_start=0.15)
    losses: list[float] = []
    net.train()
    for epoch in range(epochs):
        started, total = time.time(), 0.0
        order = torch.randperm(len(images), generator=generator)
        for step in range(steps):
            chosen = order[step * batch_size:(step + 1) * batch_size]
            loss = F.cross_entropy(net(augment(images[chosen], generator)), labels[chosen])
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            optimizer.step()
            schedule.step()
            total += loss.item()
        losses.append(total / steps)
        print(f"epoch {epoch + 1:2d}: loss {losses[-1]:.4f}  {time.time() - started:.1f} s",
              flush=True)
    return losses


@torch.no_grad()
def predict(net: nn.Module, images: Tensor) -> Tensor:
    """Class numbers [N] of normalised images [N, 1, 32, 32]."""
    net.eval()
    return torch.cat([net(part).argmax(1) for part in images.split(1000)])


def preprocess_description() -> dict[str, Any]:
    """What the converter's --preprocess needs: value = (pixel * scale - mean) / std."""
    return {"image": {"width": 32, "height": 32, "resize": "pad", "interpolation": "bilinear",
                      "channels": "gray", "layout": "nchw", "scale": 1 / 255,
                      "mean": [MEAN], "std": [STD], "pad_value": 0}}


def write_json(path: Path, content: dict[str, Any]) -> None:
    """Write indented JSON with a final line feed."""
    path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


def main() -> None:
    """Train, measure, export, write the side files."""
    here = Path(__file__).resolve().parent
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--epochs", type=int, default=40)
    parser.add_argument("--seed", type=int, default=1998)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--out", type=Path, default=here / "models")
    args = parser.parse_args()

    torch.set_num_threads(args.threads)
    torch.manual_seed(args.seed)
    torch.use_deterministic_algorithms(True)

    train_images, train_labels = mnist.load("train")
    test_images, test_labels = mnist.load("test")
    pixels = train_images.astype(np.float64) / 255
    if abs(pixels.mean() - MEAN) > 5e-5 or abs(pixels.std() - STD) > 5e-5:
        raise RuntimeError(f"pixel statistics differ: {pixels.mean():.5f}, {pixels.std():.5f}")

    net = LeNet5()
    parameters = layer_parameters(net)
    if parameters != PARAMETERS:
        raise RuntimeError(f"parameter counts differ: {parameters}")
    started = time.time()
    losses = train(net, to_input(train_images), torch.from_numpy(train_labels).long(),
                   args.epochs, args.seed)
    seconds = time.time() - started

    answers = predict(net, to_input(test_images)).numpy()
    right = answers == test_labels
    print(f"test accuracy {right.mean():.4%} ({int(right.sum())} of {len(right)})")

    args.out.mkdir(parents=True, exist_ok=True)
    onnx_path = args.out / "lenet5.onnx"
    proto = export_onnx(net, torch.zeros(1, 1, 32, 32), onnx_path, opset=OPSET, keep_bn=True,
                        output="logits",
                        dynamic_axes={"input": {0: "N"}, "logits": {0: "N"}})
    write_json(args.out / "lenet5.preprocess.json", preprocess_description())
    (args.out / "mnist.labels.txt").write_text("".join(f"{d}\n" for d in range(10)))
    write_json(args.out / "lenet5.metrics.json", {
        "model": "LeNet-5 (LeCun et al. 1998 sizes; ReLU, max pooling, logits without softmax)",
        "data": "MNIST: 60,000 training and 10,000 test digits",
        "test_accuracy": float(right.mean()),
        "test_correct": int(right.sum()),
        "test_count": len(right),
        "accuracy_per_class": [round(float(right[test_labels == d].mean()), 4)
                               for d in range(10)],
        "first_256_correct": int(right[:256].sum()),
        "first_256_wrong_indices": np.flatnonzero(~right[:256]).tolist(),
        "first_256_predictions": "".join(map(str, answers[:256])),
        "parameters": parameters,
        "parameters_total": sum(parameters.values()),
        "input": {"name": "input", "shape": io_shape(proto.graph.input),
                  "values": "(pixel / 255 - mean) / std, 28x28 centred on a 32x32 zero canvas"},
        "output": {"name": "logits", "shape": io_shape(proto.graph.output)},
        "mean": MEAN,
        "std": STD,
        "epochs": args.epochs,
        "seed": args.seed,
        "threads": args.threads,
        "final_training_loss": round(losses[-1], 5),
        "training_seconds": round(seconds),
        "optimizer": "AdamW, weight decay 0.01, one-cycle rate with peak 0.004, batch 128",
        "augmentation": "random rotation 12 deg, scale 12 %, shear 0.15, shift 2.5 px",
        "opset": OPSET,
        "operators": op_counts(proto),
        "onnx_sha256": sha256(onnx_path),
        "versions": {"torch": torch.__version__, "onnx": onnx.__version__,
                     "numpy": np.__version__, "python": platform.python_version()},
    })


if __name__ == "__main__":
    main()

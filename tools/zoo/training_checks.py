#!/usr/bin/python3
"""Two trainings that docs/training.md reports, with edge tune beside PyTorch where that applies.

    python3 training_checks.py digits WORK    a network that knows the digits 0 to 4, in int8, learns 5 to 9 from 20 images of each
    python3 training_checks.py lenet5 WORK    LeNet-5 from scratch on 60,000 digits, time per epoch beside PyTorch's, 1 and 2 threads

Needs the built commands (EDGE_BIN, by default artifacts/bin) and MNIST (see mnist.py).
"""
from __future__ import annotations

import argparse
import os
import re
import subprocess
import time
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

import mnist
from onnx_tools import export_onnx
from train_lenet5 import LeNet5, preprocess_description, to_input, write_json

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(os.environ.get("EDGE_BIN", ROOT / "artifacts" / "bin"))
#: images of each new digit that are learned from
PER_CLASS = 20


def command(program: str, *arguments: object) -> str:
    """Run a built command, print what it says about memory, time, result and test; returns all that it says."""
    folder = {"edge": "Edge.Cli", "edge-convert": "Edge.Convert"}[program]
    words = [str(a) for a in arguments]
    print("$", program, *[w.replace(f"{ROOT}/", "") for w in words], flush=True)
    done = subprocess.run([BIN / folder / "release" / program, *words], capture_output=True, text=True, check=False)
    for line in done.stdout.splitlines():
        if any(word in line for word in ("samples of", "memory:", "test:", "int8", "float32", "nodes")):
            print("  ", line, flush=True)
    if done.returncode != 0:
        raise RuntimeError(done.stdout + done.stderr)
    return done.stdout


def train(net: torch.nn.Module, x: torch.Tensor, y: torch.Tensor, epochs: int, batch: int = 64) -> list[float]:
    """Adam with a rate of 1e-3 on [N, 1, 32, 32] / [N]; returns the seconds of each epoch."""
    optimizer = torch.optim.Adam(net.parameters(), lr=1e-3)
    times: list[float] = []
    for _ in range(epochs):
        started = time.time()
        order = torch.randperm(len(x))
        for at in range(0, len(x), batch):
            part = order[at:at + batch]
            loss = F.cross_entropy(net(x[part]), y[part])
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            optimizer.step()
        times.append(time.time() - started)
    return times


def of_digits(split: str, digits: range) -> tuple[torch.Tensor, torch.Tensor]:
    """Images and labels, counted from the first digit on."""
    images, labels = mnist.load(split)
    chosen = np.isin(labels, list(digits))
    return to_input(images[chosen]), torch.from_numpy(labels[chosen].astype(np.int64) - digits[0])


def write_arrays(folder: Path, x: torch.Tensor, y: torch.Tensor) -> None:
    """x.npy and y.npy, as edge tune reads them."""
    folder.mkdir(parents=True, exist_ok=True)
    np.save(folder / "x.npy", x.numpy())
    np.save(folder / "y.npy", y.numpy())


def digits(work: Path) -> None:
    """Head transfer from the digits 0-4 to 5-9 with an int8 trunk."""
    torch.manual_seed(1)
    net = LeNet5()
    net.fc3 = torch.nn.Linear(84, 5)
    x, y = of_digits("train", range(5))
    train(net, x, y, epochs=5)
    export_onnx(net.eval(), torch.zeros(1, 1, 32, 32), work / "low.onnx", opset=17, keep_bn=True, output="logits", dynamic_axes=None)
    np.save(work / "calibration.npy", x[:200].numpy())
    (work / "low.txt").write_text("".join(f"{d}\n" for d in range(5)))
    write_json(work / "preprocess.json", preprocess_description())
    x, y = of_digits("train", range(5, 10))
    few = torch.cat([torch.nonzero(y == c)[:PER_CLASS, 0] for c in range(5)])
    write_arrays(work / "few", x[few], y[few])
    write_arrays(work / "test", *of_digits("test", range(5, 10)))
    command("edge-convert", work / "low.onnx", "-o", work / "low.edge", "--labels", work / "low.txt", "--int8", "--calibrate", work / "calibration.npy")
    command("edge", "tune", work / "low.edge", "--data", work / "few", "--classes", "5,6,7,8,9", "--layers", "last:3", "--epochs", "40",
            "--test", work / "test", "-o", work / "high.edge")


def lenet5(work: Path, epochs: int) -> None:
    """LeNet-5 from fresh weights; PyTorch's epochs are only timed."""
    here = Path(__file__).resolve().parent / "models"
    command("edge-convert", here / "lenet5.onnx", "-o", work / "lenet5.edge", "--preprocess", here / "lenet5.preprocess.json", "--labels", here / "mnist.labels.txt")
    folder = mnist.fetch()
    x, y = of_digits("train", range(10))
    for threads, count in ((1, epochs), (2, 2)):
        text = command("edge", "tune", work / "lenet5.edge", "--data", folder / "train", "--test", folder / "t10k", "--layers", "all", "--from-scratch",
                       "--epochs", count, "--batch", 64, "--holdout", 0, "--schedule", "cosine", "--rate", "2e-3", "--threads", threads, "-o", work / "trained.edge")
        ours = min(float(seconds) for seconds in re.findall(r"^epoch .* ([\d.]+) s$", text, re.MULTILINE))
        torch.set_num_threads(threads)
        torch.manual_seed(1)
        theirs = min(train(LeNet5(), x, y, epochs=2))
        print(f"{threads} threads: the fastest epoch takes edge {ours:.1f} s, PyTorch {torch.__version__} {theirs:.1f} s, ratio {ours / theirs:.2f}", flush=True)


def main() -> None:
    """Run one of the checks."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("check", choices=("digits", "lenet5"))
    parser.add_argument("work", type=Path)
    parser.add_argument("--epochs", type=int, default=8)
    args = parser.parse_args()
    args.work.mkdir(parents=True, exist_ok=True)
    if args.check == "digits":
        digits(args.work)
    else:
        lenet5(args.work, args.epochs)


if __name__ == "__main__":
    main()

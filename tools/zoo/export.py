#!/usr/bin/python3
"""Export the zoo's architectures as ONNX files with seeded random weights.

    python3 export.py OUTDIR [name ...] [--list] [--opset 17] [--no-keep-bn]
                      [--no-keep-dropout] [--ecg-length 8192] [--reference]

The weights are He-initialised and the batch-norm statistics calibrated on random inputs, so
that activations keep a sane scale: good for timing, sizes and numeric comparison, useless
for recognising anything.  BatchNormalization and Dropout stay as nodes unless told
otherwise, because removing them is the converter's work.

--reference also writes NAME.input.npy and NAME.output.npy: a seeded input and what torch
computes from it, both float32.
"""
from __future__ import annotations

import argparse
import sys
import time
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Callable

import numpy as np
import torch
import torchvision.models as tv
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm
from torchvision.models.resnet import BasicBlock, Bottleneck

import classic_nets
import ecg_net
from onnx_tools import expose_dropout, export_onnx, io_shape, op_counts

IMAGE = (1, 3, 224, 224)
DEFAULT_ECG_LENGTH = 8192


@dataclass(frozen=True)
class Entry:
    """One architecture: how to build it, its input shape, its parameters in the literature."""

    build: Callable[[], nn.Module]
    parameters: int
    note: str
    shape: tuple[int, ...] = IMAGE


def zoo(ecg_length: int = DEFAULT_ECG_LENGTH) -> dict[str, Entry]:
    """All architectures by name."""
    ecg = (1, 1, ecg_length)
    return {
        "alexnet": Entry(classic_nets.alexnet, 62_378_344,
                         "2012 sizes, LRN, ungrouped", (1, 3, 227, 227)),
        "alexnet_grouped": Entry(lambda: classic_nets.alexnet(groups=2), 60_965_224,
                                 "2012 sizes, LRN, two groups", (1, 3, 227, 227)),
        "alexnet_owt": Entry(lambda: tv.alexnet(weights=None), 61_100_840,
                             "one tower without LRN, arXiv 1404.5997"),
        "zfnet": Entry(classic_nets.zfnet, 62_357_608, "arXiv 1311.2901, figure 3"),
        "vgg16": Entry(lambda: tv.vgg16(weights=None), 138_357_544, "configuration D"),
        "vgg19": Entry(lambda: tv.vgg19(weights=None), 143_667_240, "configuration E"),
        "googlenet": Entry(
            lambda: tv.googlenet(weights=None, aux_logits=False, init_weights=False),
            6_624_904, "Inception v1 with batch norm, no auxiliary heads"),
        "resnet18": Entry(lambda: tv.resnet18(weights=None), 11_689_512, "basic blocks"),
        "resnet34": Entry(lambda: tv.resnet34(weights=None), 21_797_672, "basic blocks"),
        "resnet50": Entry(lambda: tv.resnet50(weights=None), 25_557_032, "bottlenecks"),
        "resnet101": Entry(lambda: tv.resnet101(weights=None), 44_549_160, "bottlenecks"),
        "resnet152": Entry(lambda: tv.resnet152(weights=None), 60_192_808, "bottlenecks"),
        "se_resnet50": Entry(classic_nets.se_resnet50, 28_088_024, "squeeze-and-excitation"),
        "squeezenet1_1": Entry(lambda: tv.squeezenet1_1(weights=None), 1_235_496,
                               "fire modules"),
        "mobilenet_v2": Entry(lambda: tv.mobilenet_v2(weights=None), 3_504_872,
                              "inverted residuals, depthwise, ReLU6"),
        "shufflenet_v2_x1_0": Entry(lambda: tv.shufflenet_v2_x1_0(weights=None), 2_278_604,
                                    "channel split and shuffle"),
        "efficientnet_b0": Entry(lambda: tv.efficientnet_b0(weights=None), 5_288_548,
                                 "MBConv with SE and SiLU"),
        "ecg_resnet34": Entry(
            ecg_net.ecg_resnet34, ecg_net.parameter_count(12, (32, 64, 128, 256)),
            "1-D, Hannun 2019; the count is the project's own", ecg),
        "ecg_resnet34_2017": Entry(
            ecg_net.ecg_resnet34_2017, ecg_net.parameter_count(14, (64, 128, 192, 256)),
            "1-D, Rajpurkar 2017; the count is the project's own", ecg),
    }


def initialise(model: nn.Module) -> None:
    """He initialisation, fan in: gain sqrt(2), but 1 for linear layers without ReLU behind.

    Biases are small and batch-norm scales and shifts are random, so that a converter that
    drops or swaps any of them is found out.  The residual branches of ResNets end on smaller
    scales, as in trained networks: otherwise many random blocks in a row amplify rounding
    errors (two runtimes differed by 1.5e-3 on ResNet-152, and by 2e-5 with these scales).
    """
    layers = [m for m in model.modules() if isinstance(m, (nn.Conv1d, nn.Conv2d, nn.Linear))]
    for layer in layers:
        linear_end = layer is layers[-1]
        nn.init.kaiming_normal_(layer.weight, nonlinearity="linear" if linear_end else "relu")
        if layer.bias is not None:
            nn.init.normal_(layer.bias, std=0.05)
    for module in model.modules():
        if isinstance(module, _BatchNorm):
            nn.init.uniform_(module.weight, 0.5, 1.5)
            nn.init.normal_(module.bias, std=0.1)
    for block in model.modules():
        if isinstance(block, (BasicBlock, Bottleneck)):
            last = getattr(block, "bn3", block.bn2)
            norm = next(m for m in last.modules() if isinstance(m, _BatchNorm))
            nn.init.uniform_(norm.weight, 0.1, 0.5)


@torch.no_grad()
def calibrate(model: nn.Module, shape: tuple[int, ...], batches: int = 2) -> None:
    """Set the batch-norm statistics to averages over random batches of 4; end in eval mode."""
    model.eval()
    norms = [m for m in model.modules() if isinstance(m, _BatchNorm)]
    if not norms:
        return
    momenta = [norm.momentum for norm in norms]
    for norm in norms:
        norm.train()
        norm.reset_running_stats()
        norm.momentum = None            # a plain average over the batches
    for _ in range(batches):
        model(torch.randn(4, *shape[1:]))
    for norm, momentum in zip(norms, momenta):
        norm.momentum = momentum
        norm.eval()


def make(name: str, entry: Entry, seed: int) -> nn.Module:
    """Build, initialise and calibrate one network; weights depend on name and seed only."""
    torch.manual_seed(seed + zlib.crc32(name.encode()))
    model = entry.build()
    count = sum(p.numel() for p in model.parameters())
    if count != entry.parameters:
        raise RuntimeError(f"{name}: {count:,} parameters, expected {entry.parameters:,}")
    initialise(model)
    calibrate(model, entry.shape)
    return model


@torch.no_grad()
def check_scale(name: str, output: Tensor) -> float:
    """Standard deviation of the output; an error if a comparison with it proves nothing."""
    deviation = output.std().item()
    if not torch.isfinite(output).all() or not 1e-3 < deviation < 1e3:
        raise RuntimeError(f"{name}: output has standard deviation {deviation}")
    return deviation


@torch.no_grad()
def export(name: str, entry: Entry, args: argparse.Namespace) -> None:
    """Write NAME.onnx, and the reference files if wanted; print one line."""
    started = time.time()
    model = make(name, entry, args.seed)
    example = torch.randn(*entry.shape)
    output: Tensor = model(example)
    deviation = check_scale(name, output)
    if args.keep_dropout:
        expose_dropout(model)
    path = args.outdir / f"{name}.onnx"
    proto = export_onnx(model, example, path, opset=args.opset, keep_bn=args.keep_bn)
    if args.reference:
        np.save(args.outdir / f"{name}.input.npy", example.numpy())
        np.save(args.outdir / f"{name}.output.npy", output.numpy())

    operators = op_counts(proto)
    norms = sum(isinstance(m, _BatchNorm) for m in model.modules())
    if args.keep_bn and operators.get("BatchNormalization", 0) != norms:
        raise RuntimeError(f"{name}: {norms} batch norms became {operators}")
    print(f"{name:20s} {path.stat().st_size:12,d} bytes {entry.parameters:12,d} parameters  "
          f"{io_shape(proto.graph.input)} -> {io_shape(proto.graph.output)}  "
          f"std {deviation:.3g}  {time.time() - started:.1f} s")
    print("    " + ", ".join(f"{op} {n}" for op, n in operators.items()), flush=True)


def main() -> int:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("outdir", type=Path, nargs="?")
    parser.add_argument("names", nargs="*", metavar="name", help="all when none is given")
    parser.add_argument("--list", action="store_true", help="list the architectures and stop")
    parser.add_argument("--opset", type=int, default=17, choices=range(13, 18))
    parser.add_argument("--keep-bn", action=argparse.BooleanOptionalAction, default=True,
                        help="leave batch normalisation as nodes")
    parser.add_argument("--keep-dropout", action=argparse.BooleanOptionalAction, default=True,
                        help="leave dropout as nodes (the identity)")
    parser.add_argument("--ecg-length", type=int, default=DEFAULT_ECG_LENGTH, metavar="L",
                        help="samples of the ECG networks, a multiple of 256")
    parser.add_argument("--reference", action="store_true",
                        help="also write an input and torch's output as .npy")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=2)
    args = parser.parse_intermixed_args()

    if args.ecg_length < 256 or args.ecg_length % ecg_net.SAMPLES_PER_STEP:
        parser.error("--ecg-length must be a multiple of 256")
    entries = zoo(args.ecg_length)
    if args.list:
        for name, entry in entries.items():
            shape = "x".join(map(str, entry.shape))
            print(f"{name:20s} {shape:12s} {entry.parameters:12,d}  {entry.note}")
        return 0
    if args.outdir is None:
        parser.error("OUTDIR is missing")
    unknown = [name for name in args.names if name not in entries]
    if unknown:
        parser.error(f"unknown: {', '.join(unknown)} (see --list)")

    torch.set_num_threads(args.threads)
    args.outdir.mkdir(parents=True, exist_ok=True)
    for name in args.names or entries:
        export(name, entries[name], args)
    return 0


if __name__ == "__main__":
    sys.exit(main())

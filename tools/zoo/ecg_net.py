"""The 34-layer 1-D network for arrhythmia detection in a single-lead ECG.

Sources: Rajpurkar, Hannun, et al., "Cardiologist-Level Arrhythmia Detection with
Convolutional Neural Networks" (arXiv 1707.01836, 2017), and Hannun, Rajpurkar, et al.,
Nature Medicine 25 (2019).  33 convolutions of width 16 in a stem and 16 residual blocks of
two, and one dense layer with softmax for every 256 samples.
"""
from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from onnx_tools import PaddedConv1d, pad_channels

KERNEL = 16
BLOCKS = 16
DROPOUT = 0.2
#: input samples per output step: eight blocks halve the length
SAMPLES_PER_STEP = 256


class EcgBlock(nn.Module):
    """Pre-activation residual block: (BN, ReLU, dropout, conv) twice, plus the shortcut.

    The shortcut is max pooled where the block subsamples, and zero channels are appended
    where the block widens.  The first block starts with its convolution, because the stem
    has just normalised.
    """

    def __init__(self, channels_in: int, channels_out: int, stride: int, first: bool) -> None:
        super().__init__()
        self.stride = stride
        self.extra = channels_out - channels_in
        self.activate1 = nn.Identity() if first else _activation(channels_in)
        self.conv1 = PaddedConv1d(channels_in, channels_out, KERNEL, stride)
        self.activate2 = _activation(channels_out)
        self.conv2 = PaddedConv1d(channels_out, channels_out, KERNEL)

    def forward(self, x: Tensor) -> Tensor:
        """[N, Ci, L] -> [N, Co, L / stride]."""
        shortcut = F.max_pool1d(x, self.stride) if self.stride > 1 else x
        if self.extra:
            shortcut = pad_channels(shortcut, self.extra)
        y = self.conv1(self.activate1(x))
        y = self.conv2(self.activate2(y))
        return y + shortcut


class EcgResNet34(nn.Module):
    """[N, 1, L] -> class probabilities [N, L / 256, classes]; L a multiple of 256.

    ``widths`` are the channels of the four groups of four blocks.
    """

    def __init__(self, classes: int, widths: tuple[int, int, int, int]) -> None:
        super().__init__()
        self.stem = nn.Sequential(PaddedConv1d(1, widths[0], KERNEL),
                                  nn.BatchNorm1d(widths[0]), nn.ReLU())
        blocks: list[nn.Module] = []
        channels = widths[0]
        for index in range(BLOCKS):
            wider = widths[index // 4]
            blocks.append(EcgBlock(channels, wider, stride=1 + index % 2, first=index == 0))
            channels = wider
        self.blocks = nn.Sequential(*blocks)
        self.head = nn.Sequential(nn.BatchNorm1d(channels), nn.ReLU())
        self.dense = nn.Linear(channels, classes)

    def forward(self, x: Tensor) -> Tensor:
        features = self.head(self.blocks(self.stem(x)))                     # [N, C, L / 256]
        return torch.softmax(self.dense(features.transpose(1, 2)), 2)


def ecg_resnet34() -> EcgResNet34:
    """The 2019 form: 32 * 2^k channels, 12 classes (10 arrhythmias, sinus rhythm, noise)."""
    return EcgResNet34(12, (32, 64, 128, 256))


def ecg_resnet34_2017() -> EcgResNet34:
    """The 2017 form: 64 * k channels, 14 classes (12 arrhythmias, sinus rhythm, noise)."""
    return EcgResNet34(14, (64, 128, 192, 256))


def _activation(channels: int) -> nn.Sequential:
    return nn.Sequential(nn.BatchNorm1d(channels), nn.ReLU(), nn.Dropout(DROPOUT))


def parameter_count(classes: int, widths: tuple[int, int, int, int]) -> int:
    """The number of trainable parameters, counted by hand from the papers' description."""
    def conv(ci: int, co: int) -> int:
        return KERNEL * ci * co + co

    a, b, c, d = widths
    inner = [8 * conv(a, a)]                                    # blocks 1-4
    for before, width in ((a, b), (b, c), (c, d)):              # blocks 5-8, 9-12, 13-16
        inner.append(conv(before, width) + 7 * conv(width, width))
    # Batch norm (scale and shift): stem; two per block, but one in block 1; head.
    norms = 2 * (a + (2 * 4 - 1) * a + (a + 7 * b) + (b + 7 * c) + (c + 7 * d) + d)
    return conv(1, a) + sum(inner) + norms + d * classes + classes

"""Networks that torchvision does not have, or has in another form; all for 1000 classes.

AlexNet as in the paper (torchvision's is the later one-tower net), ZFNet, SE-ResNet-50.
"""
from __future__ import annotations

import torch
from torch import Tensor, nn
from torchvision.models.resnet import Bottleneck, ResNet

from onnx_tools import Lrn


def alexnet_lrn() -> Lrn:
    """The paper's normalisation: k = 2, n = 5, alpha = 1e-4 on the plain sum, beta = 0.75.

    ONNX and torch divide alpha by the window, hence 5 * 1e-4.
    """
    return Lrn(size=5, alpha=5e-4, beta=0.75, bias=2.0)


def classifier() -> list[nn.Module]:
    """FC 4096, 4096, 1000 with dropout, on [N, 256, 6, 6]."""
    return [
        nn.Flatten(),                                                       # [N, 9216]
        nn.Linear(9216, 4096), nn.ReLU(), nn.Dropout(0.5),
        nn.Linear(4096, 4096), nn.ReLU(), nn.Dropout(0.5),
        nn.Linear(4096, 1000),
    ]


def alexnet(groups: int = 1) -> nn.Sequential:
    """AlexNet (Krizhevsky, Sutskever, Hinton, 2012), [N, 3, 227, 227] -> [N, 1000].

    Pooling stands before the normalisation.  ``groups=2`` gives the two half networks of the
    original on two GPUs, as grouped convolutions: 60,965,224 parameters for 62,378,344.
    """
    return nn.Sequential(
        nn.Conv2d(3, 96, 11, stride=4), nn.ReLU(),                          # [N, 96, 55, 55]
        nn.MaxPool2d(3, 2), alexnet_lrn(),                                  # [N, 96, 27, 27]
        nn.Conv2d(96, 256, 5, padding=2, groups=groups), nn.ReLU(),         # [N, 256, 27, 27]
        nn.MaxPool2d(3, 2), alexnet_lrn(),                                  # [N, 256, 13, 13]
        nn.Conv2d(256, 384, 3, padding=1), nn.ReLU(),                       # [N, 384, 13, 13]
        nn.Conv2d(384, 384, 3, padding=1, groups=groups), nn.ReLU(),        # [N, 384, 13, 13]
        nn.Conv2d(384, 256, 3, padding=1, groups=groups), nn.ReLU(),        # [N, 256, 13, 13]
        nn.MaxPool2d(3, 2),                                                 # [N, 256, 6, 6]
        *classifier(),
    )


def zfnet() -> nn.Sequential:
    """ZFNet, [N, 3, 224, 224] -> [N, 1000].

    Source: Zeiler, Fergus, "Visualizing and Understanding Convolutional Networks"
    (arXiv 1311.2901), figure 3: 7x7 stride 2 and 5x5 stride 2 where AlexNet has 11x11
    stride 4 and 5x5 stride 1.  The figure's sizes 110, 55, 26, 13, 6 need a padding of 1 in
    the first convolution and pooling that rounds up.  The paper's contrast normalisation is
    given as the same LRN as AlexNet's.
    """
    return nn.Sequential(
        nn.Conv2d(3, 96, 7, stride=2, padding=1), nn.ReLU(),                # [N, 96, 110, 110]
        nn.MaxPool2d(3, 2, ceil_mode=True), alexnet_lrn(),                  # [N, 96, 55, 55]
        nn.Conv2d(96, 256, 5, stride=2), nn.ReLU(),                         # [N, 256, 26, 26]
        nn.MaxPool2d(3, 2, ceil_mode=True), alexnet_lrn(),                  # [N, 256, 13, 13]
        nn.Conv2d(256, 384, 3, padding=1), nn.ReLU(),
        nn.Conv2d(384, 384, 3, padding=1), nn.ReLU(),
        nn.Conv2d(384, 256, 3, padding=1), nn.ReLU(),                       # [N, 256, 13, 13]
        nn.MaxPool2d(3, 2),                                                 # [N, 256, 6, 6]
        *classifier(),
    )


class SqueezeExcite(nn.Module):
    """Recalibrate feature maps: global average pool, FC C -> C/16 -> C, sigmoid, scale."""

    def __init__(self, channels: int, reduction: int = 16) -> None:
        super().__init__()
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.fc1 = nn.Linear(channels, channels // reduction)
        self.fc2 = nn.Linear(channels // reduction, channels)

    def forward(self, x: Tensor) -> Tensor:
        """[N, C, H, W] -> [N, C, H, W]."""
        squeezed = torch.flatten(self.pool(x), 1)                           # [N, C]
        weights = torch.sigmoid(self.fc2(torch.relu(self.fc1(squeezed))))   # [N, C]
        return x * weights[:, :, None, None]


class SeBottleneck(Bottleneck):
    """The bottleneck block of ResNet-50 with squeeze-and-excitation before the addition."""

    def __init__(self, inplanes: int, planes: int, *rest: object, **named: object) -> None:
        super().__init__(inplanes, planes, *rest, **named)  # type: ignore[arg-type]
        # After the last batch norm, as the residual branch ends there.
        self.bn3 = nn.Sequential(self.bn3, SqueezeExcite(planes * self.expansion))


def se_resnet50() -> ResNet:
    """SE-ResNet-50 (Hu, Shen, Sun, arXiv 1709.01507), [N, 3, 224, 224] -> [N, 1000].

    The stride of a down-sampling block sits on its 3x3 convolution, as in torchvision.
    """
    return ResNet(SeBottleneck, [3, 4, 6, 3])

#!/usr/bin/python3
"""Write the committed MNIST samples: 20 PNG digits and the first 256 test digits as .npy.

    python3 make_samples.py [OUTDIR]        (default: samples, beside this script)

The PNGs are the first two digits of each class in test-set order, 8-bit gray, 28x28.
"""
from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from PIL import Image

import mnist

PER_CLASS = 2
COUNT = 256


def main() -> None:
    """Write the samples to the folder named on the command line."""
    here = Path(__file__).resolve().parent
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else here / "samples"
    folder.mkdir(parents=True, exist_ok=True)
    images, labels = mnist.load("test")             # [10000, 28, 28], [10000]
    for digit in range(10):
        for index in np.flatnonzero(labels == digit)[:PER_CLASS]:
            path = folder / f"digit_{digit}_{index:05d}.png"
            Image.fromarray(images[index], mode="L").save(path, optimize=True)
            if not np.array_equal(np.asarray(Image.open(path)), images[index]):
                raise RuntimeError(f"{path.name} does not read back")
    np.save(folder / f"mnist_test_{COUNT}.npy", images[:COUNT])
    np.save(folder / f"mnist_test_{COUNT}_labels.npy", labels[:COUNT])


if __name__ == "__main__":
    main()

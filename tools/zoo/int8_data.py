"""Real samples for int8_table.py: for each model the input as the model takes it, and the right answers."""
import csv, gzip, os
import numpy as np

SIDE = np.array([0.485, 0.456, 0.406], np.float32).reshape(1, 3, 1, 1)
SPREAD = np.array([0.229, 0.224, 0.225], np.float32).reshape(1, 3, 1, 1)
DATA = ''  # folder of samples, set by the caller

# MIT-BIH: annotation codes of beats, by AAMI class N S V F Q; de Chazal's two halves of the records
AAMI = {1: 0, 2: 0, 3: 0, 11: 0, 34: 0, 8: 1, 4: 1, 7: 1, 9: 1, 5: 2, 10: 2, 6: 3, 12: 4, 38: 4, 13: 4}
NAVLR = {1: 0, 8: 1, 5: 2, 2: 3, 3: 4}
DS1 = '101 106 108 109 112 114 115 116 118 119 122 124 201 203 205 207 208 209 215 220 223 230'.split()
DS2 = '100 103 105 113 200 202 210 213 221 232 233'.split()


def tiny(name):
    rows = [r for r in csv.reader(open(f'{DATA}/mlperf_tiny/{name}.labels.csv')) if len(r) > 2]
    return np.load(f'{DATA}/mlperf_tiny/{name}.npy').astype(np.float32), np.array([int(r[2]) for r in rows], np.int64)


def idx(name):
    raw = gzip.open(f'{DATA}/mnist/{name}').read()
    dims = [int.from_bytes(raw[4 + 4 * i:8 + 4 * i], 'big') for i in range(raw[3])]
    return np.frombuffer(raw, np.uint8, offset=4 + 4 * raw[3]).reshape(dims)


def images():
    x, y = tiny('ic01')
    return x.transpose(0, 3, 1, 2), y


def cifar():
    x, y = images()
    return (x / 255 - SIDE) / SPREAD, y


def persons():
    x, y = tiny('vww01')
    return x / 255, y


def words():
    x, y = tiny('kws01')
    return ((x - 83) * 0.5847029)[:, None], y


def machines():
    """Windows of 5 frames of 128 mel bands, 196 for each of the recordings."""
    x, y = tiny('ad01')
    frames = x.reshape(len(x), 200, 128)
    windows = np.stack([frames[:, i:i + 5].reshape(len(x), 640) for i in range(196)], 1)
    return windows, y


def ecg5000():
    rows = np.loadtxt(f'{DATA}/ecg5000/ECG5000_TRAIN.txt', dtype=np.float32)
    order = np.random.default_rng(1).permutation(len(rows))
    return rows[order, None, 1:], rows[order, 0].astype(np.int64) - 1


def digits(part):
    x = idx(f'{part}-images-idx3-ubyte.gz')[:, None].astype(np.float32) / 255
    return x, idx(f'{part}-labels-idx1-ubyte.gz').astype(np.int64)


def signal(record):
    """Channel MLII (or the first) of a record of format 212, in mV, and its annotations (sample, code)."""
    header = open(f'{DATA}/mitdb/{record}.hea').read().split('\n')
    lines = [l.split() for l in header[1:3]]
    channel = next((i for i, l in enumerate(lines) if l[-1] == 'MLII'), 0)
    b = np.fromfile(f'{DATA}/mitdb/{record}.dat', np.uint8).reshape(-1, 3).astype(np.int32)
    raw = (b[:, 0] | (b[:, 1] & 15) << 8) if channel == 0 else (b[:, 2] | (b[:, 1] >> 4) << 8)
    raw = np.where(raw > 2047, raw - 4096, raw)
    gain, zero = float(lines[channel][2].split('(')[0].split('/')[0]), int(lines[channel][4])
    return (raw - zero) / gain, annotations(f'{DATA}/mitdb/{record}.atr')


def annotations(path):
    words, at, i, beats = np.fromfile(path, '<u2'), 0, 0, []
    while i < len(words):
        code, value = int(words[i]) >> 10, int(words[i]) & 1023
        i += 1
        if code == 0 and value == 0:
            break
        if code == 59:  # SKIP: a 32-bit interval, high half first
            at += np.int32(int(words[i]) << 16 | int(words[i + 1]))
            i += 2
        elif code == 63:  # AUX: a string
            i += (value + 1) // 2
        elif code not in (60, 61, 62):
            at += value
            beats.append((int(at), code))
    return beats


def band(x, low, high, rate=360):
    """Only what lies between two frequencies, in Hz."""
    spectrum = np.fft.rfft(x)
    f = np.fft.rfftfreq(len(x), 1 / rate)
    return np.fft.irfft(spectrum * ((f >= low) & (f <= high)), len(x))


def beats(records, classes, before, after, every, prepare):
    """Windows around every so manieth beat."""
    xs, ys = [], []
    for record in records:
        if os.path.exists(f'{DATA}/mitdb/{record}.dat'):
            x, marks = signal(record)
            known = [(at, classes[code]) for at, code in marks if code in classes and before <= at < len(x) - after]
            x = prepare(x)
            for at, label in known[::every]:
                xs.append(x[at - before:at + after])
                ys.append(label)
    return np.array(xs, np.float32), np.array(ys, np.int64)


def aami(records, every):
    x, y = beats(records, AAMI, 128, 128, every, lambda s: s)
    return ((x - x.mean(1, keepdims=True)) / (x.std(1, keepdims=True) + 1e-8))[:, None], y


def navlr(records, every):
    return beats(records, NAVLR, 99, 201, every, lambda s: band(s, 0.35, 45))

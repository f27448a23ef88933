"""Measures of int8_table.py: what the outputs of a model are worth, and how far those of two models are apart."""
import numpy as np


def top1(outputs, classes):
    return 100 * float((outputs[0].reshape(len(classes), -1).argmax(1) == classes).mean())


def agreement(a, b):
    """Share of samples with the same largest element."""
    return 100 * float((a[0].reshape(len(a[0]), -1).argmax(1) == b[0].reshape(len(b[0]), -1).argmax(1)).mean())


def f1(outputs, classes):
    """Mean over the classes that occur of 2 TP / (2 TP + FP + FN)."""
    found = outputs[0].reshape(len(classes), -1).argmax(1)
    scores = []
    for c in np.unique(classes):
        hits = ((found == c) & (classes == c)).sum()
        scores.append(2 * hits / ((found == c).sum() + (classes == c).sum()))
    return 100 * float(np.mean(scores))


def anomaly(outputs, inputs, labels):
    """Area under the ROC curve of the mean squared error of reconstruction, over the windows of each recording."""
    error = ((outputs[0].reshape(inputs.shape) - inputs) ** 2).mean((1, 2))
    good, bad = error[labels == 0], error[labels == 1]
    return 100 * float(np.mean((bad[:, None] > good) + 0.5 * (bad[:, None] == good)))


def snr(a, b):
    """Signal to noise of b against a in output 0, in decibels."""
    noise = float(((a[0].astype(np.float64) - b[0]) ** 2).sum())
    return 200.0 if noise == 0 else 10 * np.log10(float((a[0].astype(np.float64) ** 2).sum()) / noise)


def yolox(outputs, i):
    rows, at = outputs[0][i].reshape(-1, 85), 0
    boxes, scores = [], []
    for stride in (8, 16, 32):
        n = 416 // stride
        y, x = np.mgrid[:n, :n].reshape(2, -1)
        r = rows[at:at + n * n]
        at += n * n
        centre, half = (r[:, :2] + np.stack([x, y], 1)) * stride, np.exp(r[:, 2:4]) * stride / 2
        boxes.append(np.concatenate([centre - half, centre + half], 1))
        scores.append(r[:, 4:5] * r[:, 5:])
    return np.concatenate(boxes), np.concatenate(scores)


def ultraface(outputs, i):
    size = np.array([320, 240, 320, 240])
    return outputs[1][i].reshape(-1, 4) * size, outputs[0][i].reshape(-1, 2)[:, 1:]


def yunet(outputs, i):
    boxes, scores = [], []
    for level, stride in enumerate((8, 16, 32)):
        n = 320 // stride
        y, x = np.mgrid[:n, :n].reshape(2, -1)
        kind, there, box = (outputs[level + 3 * k][i].reshape(n * n, -1) for k in range(3))
        centre, half = (box[:, :2] + np.stack([x, y], 1)) * stride, np.exp(box[:, 2:4]) * stride / 2
        boxes.append(np.concatenate([centre - half, centre + half], 1))
        scores.append(np.sqrt(np.clip(kind * there, 0, 1)))
    return np.concatenate(boxes), np.concatenate(scores)


def overlap(a, b):
    """Intersection over union of a box and several."""
    low, high = np.maximum(a[:2], b[:, :2]), np.minimum(a[2:], b[:, 2:])
    both = np.clip(high - low, 0, None).prod(1)
    return both / (np.prod(a[2:] - a[:2]) + (b[:, 2:] - b[:, :2]).prod(1) - both)


def suppress(boxes, scores, least):
    """Non-maximum suppression at 0.45, for each class: (box, score, class) of scores from least on."""
    kept = []
    for c in range(scores.shape[1]):
        order = [k for k in np.argsort(-scores[:, c], kind='stable') if scores[k, c] >= least]
        while order:
            k = order.pop(0)
            kept.append((boxes[k], scores[k, c], c))
            order = [o for o, v in zip(order, overlap(boxes[k], boxes[order])) if v <= 0.45] if order else []
    return kept


def matched(decode, real, rounded):
    """Detections over 0.5 of one model, and how many of them the other has over 0.4 in the same class at IoU from 0.9."""
    total = found = 0
    for i in range(len(real[0])):
        ours = suppress(*decode(rounded, i), 0.4)
        for box, _, c in suppress(*decode(real, i), 0.5):
            others = np.array([b for b, _, k in ours if k == c])
            total += 1
            found += len(others) > 0 and overlap(box, others).max() >= 0.9
    return found, total

#!/usr/bin/python3
"""Accuracy of int8 models beside float32, on real data: a Markdown table.

  int8_table.py MODELS DATA WORK [NAME ...]

MODELS is a folder of trained models (mlperf_tiny/, classify/, ecg/, big/), DATA a folder of samples (mlperf_tiny/, mnist/, ecg5000/,
imagenet_sample_256/), WORK gets arrays and .edge files. Samples that calibrate are not scored. Needs numpy and a Release build.
"""
import csv, gzip, json, os, subprocess, sys
import numpy as np

CONVERT = os.path.join(os.path.dirname(__file__), '../../artifacts/bin/Edge.Convert/release/edge-convert')
MODELS, DATA, WORK = sys.argv[1:4]
WANTED = sys.argv[4:]
os.makedirs(WORK, exist_ok=True)
SIDE = np.array([0.485, 0.456, 0.406], np.float32).reshape(1, 3, 1, 1)
SPREAD = np.array([0.229, 0.224, 0.225], np.float32).reshape(1, 3, 1, 1)


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


def words():
    x, y = tiny('vww01')
    return x / 255, y


def sounds():
    x, y = tiny('kws01')
    return ((x - 83) * 0.5847029)[:, None], y


def ecg5000():
    rows = np.loadtxt(f'{DATA}/ecg5000/ECG5000_TRAIN.txt', dtype=np.float32)
    order = np.random.default_rng(1).permutation(len(rows))
    return rows[order, None, 1:], rows[order, 0].astype(np.int64) - 1


def digits():
    calibration = idx('train10k-images-idx3-ubyte.gz')[:200, None].astype(np.float32) / 255
    x = idx('t10k-images-idx3-ubyte.gz')[:, None].astype(np.float32) / 255
    return np.concatenate([calibration, x]), np.concatenate([np.zeros(200, np.int64), idx('t10k-labels-idx1-ubyte.gz').astype(np.int64)])


# name: model, samples, how many of them calibrate
ARRAYS = {
    'ic01': ('mlperf_tiny/ic01_resnet8.onnx', images, 100),
    'vww01': ('mlperf_tiny/vww01_mobilenetv1_025.onnx', words, 64),
    'kws01': ('mlperf_tiny/kws01_dscnn.onnx', sounds, 100),
    'lenet5': ('classify/lenet5_mnist.onnx', digits, 200),
    'resnet20': ('classify/resnet20_cifar10.onnx', cifar, 100),
    'resnet56': ('classify/resnet56_cifar10.onnx', cifar, 100),
    'ecg5000': ('ecg/ecg5000_inception.onnx', ecg5000, 100),
}
CROP = {'width': 224, 'height': 224, 'resize': 'crop', 'crop_ratio': 0.875}
# name: model, preprocessing
PHOTOS = {
    'mobilenetv2': ('classify/mobilenetv2_1.0_fp32.onnx', CROP | {'scale': 1 / 255, 'mean': [0.485, 0.456, 0.406], 'std': [0.229, 0.224, 0.225]}),
    'squeezenet': ('classify/squeezenet1.0_fp16.onnx', CROP | {'channels': 'bgr', 'mean': [104, 117, 123], 'std': [1, 1, 1]}),
    'resnet34': ('big/resnet34_imagenet_w8dq.onnx', {
        'width': 227, 'height': 227, 'resize': 'crop', 'crop_ratio': 0.88671875, 'scale': 1 / 256,
        'mean': [122.782 / 256, 117.001 / 256, 104.298 / 256], 'std': [1, 1, 1]}),
}


def run(*args):
    result = subprocess.run([CONVERT, *args], capture_output=True, text=True)
    if result.returncode:
        sys.exit(result.stderr)
    return json.loads(result.stdout)


def line(name, model, calibration, test, classes, *extra):
    real, int8 = f'{WORK}/{name}.edge', f'{WORK}/{name}-int8.edge'
    run(model, '-o', real, '--json', *extra)
    made = run(model, '-o', int8, '--int8', '--calibrate', calibration, '--json', *extra)['int8']
    score = run('compare', real, int8, '--data', test, '--expected', classes, '--json')
    size = os.path.getsize(int8) / os.path.getsize(model)
    print(f"| {name} | {made['samples']} | {score['samples']} | {100 * score['top1_a']:.2f} % | {100 * score['top1_b']:.2f} % | "
          f"{100 * score['agreement']:.1f} % | {score['snr_db'][0]:.1f} dB | {100 * size:.0f} % | {len(made['float32'])} | "
          f"{'yes' if made['same_bits_everywhere'] else 'no'} |", flush=True)


print('| model | calibrated on | scored on | float32 | int8 | same class | output SNR | size / ONNX | nodes in float32 | same bits everywhere |\n|---|---|---|---|---|---|---|---|---|---|')
for name, (model, load, count) in ARRAYS.items():
    if not WANTED or name in WANTED:
        x, y = load()
        files = [f'{WORK}/{name}-{part}.npy' for part in ('calibration', 'test', 'classes')]
        for file, array in zip(files, (x[:count], x[count:], y[count:])):
            np.save(file, np.ascontiguousarray(array))
        line(name, f'{MODELS}/{model}', *files)
for name, (model, image) in PHOTOS.items():
    if not WANTED or name in WANTED:
        rows = {r[0]: r[1] for r in list(csv.reader(open(f'{DATA}/imagenet_sample_256/labels.csv')))[1:]}
        folders = {part: f'{WORK}/photos-{part}' for part in ('calibration', 'test')}
        for i, file in enumerate(sorted(rows)):
            folder = folders['calibration' if i % 5 == 0 else 'test']
            os.makedirs(folder, exist_ok=True)
            if not os.path.exists(f'{folder}/{file}'):
                os.symlink(os.path.abspath(f'{DATA}/imagenet_sample_256/{file}'), f'{folder}/{file}')
        json.dump({'image': image}, open(f'{WORK}/{name}.json', 'w'))
        open(f'{WORK}/photos.txt', 'w').writelines(f'{rows[f]}\n' for f in sorted(os.listdir(folders['test'])))
        line(name, f'{MODELS}/{model}', folders['calibration'], folders['test'], f'{WORK}/photos.txt', '--preprocess', f'{WORK}/{name}.json')

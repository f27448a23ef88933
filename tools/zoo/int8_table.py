#!/usr/bin/python3
"""Accuracy of int8 models on real data, beside float32 and beside ONNX Runtime on the same integers: a Markdown table.

  int8_table.py MODELS DATA WORK [NAME ...]

MODELS is a folder of trained models (mlperf_tiny/, classify/, ecg/, big/, detect/), DATA a folder of samples (mlperf_tiny/, mnist/,
ecg5000/, mitdb/, imagenet_sample_256/, faces/, coco128/), WORK gets arrays and models. No sample is scored by a model that it
calibrated: where there are few, each half is scored by the model that the other half calibrated. Needs numpy and a Release build.
Options of single models stand in OPTIONS below; the environment variable INT8_OPTIONS replaces them.
Exit code 1: a limit is passed.
"""
import csv, glob, json, os, subprocess, sys
import numpy as np
import int8_data as data
import int8_scores as scores

BIN = os.environ.get('EDGE_BIN') or os.path.join(os.path.dirname(os.path.abspath(__file__)), '../../artifacts/bin')
MODELS, data.DATA, WORK = sys.argv[1:4]
WANTED = sys.argv[4:]
CROP = {'width': 224, 'height': 224, 'resize': 'crop', 'crop_ratio': 0.875}
os.makedirs(WORK, exist_ok=True)


def run(tool, *args):
    result = subprocess.run([f'{BIN}/{tool}/release/{tool.lower().replace(".", "-")}', *args], capture_output=True, text=True)
    if result.returncode:
        sys.exit(result.stderr)
    return result.stdout


def arrays(load, folds=2):
    """(calibration, test, right answers) for each fold: files of samples."""
    x, y = load()
    for k in range(folds):
        part = np.arange(len(x)) % folds == k
        yield save(f'{load.__name__}-c{k}', x[part]), save(f'{load.__name__}-t{k}', x[~part]), y[~part]


def save(name, x):
    np.save(f'{WORK}/{name}.npy', np.ascontiguousarray(x))
    return f'{WORK}/{name}.npy'


def given(name, calibration, test):
    yield save(f'{name}-c', calibration[0]), save(f'{name}-t', test[0]), test[1]


def recordings():
    x, y = data.machines()
    for k in range(2):
        part = np.arange(len(x)) % 2 == k
        yield save(f'machines-c{k}', x[part & (y == 0), ::4].reshape(-1, 640)), save(f'machines-t{k}', x[~part].reshape(-1, 640)), (x[~part], y[~part])


def folders(name, files, folds=2):
    """The same for images: links in folders."""
    for k in range(folds):
        made = [f'{WORK}/{name}-c{k}', f'{WORK}/{name}-t{k}']
        for i, file in enumerate(sorted(files)):
            folder = made[0 if i % folds == k else 1]
            os.makedirs(folder, exist_ok=True)
            link = f'{folder}/{os.path.basename(file)}'
            if not os.path.exists(link):
                os.symlink(os.path.abspath(file), link)
        yield made[0], made[1], [os.path.basename(f) for f in sorted(glob.glob(f'{made[1]}/*'))]


def photos():
    rows = {r[0]: int(r[1]) for r in list(csv.reader(open(f'{data.DATA}/imagenet_sample_256/labels.csv')))[1:]}
    for c, t, files in folders('photos', [f'{data.DATA}/imagenet_sample_256/{f}' for f in rows]):
        yield c, t, np.array([rows[f] for f in files])


def scenes():
    return folders('scenes', glob.glob(f'{data.DATA}/coco128/jpg/*.jpg') + glob.glob(f'{data.DATA}/faces/*.jpg'))


def torch_like(side):
    return {'width': side, 'height': side, 'scale': 1 / 255, 'mean': [0.485, 0.456, 0.406], 'std': [0.229, 0.224, 0.225]}


# what a model needs beside --int8 --calibrate
OPTIONS = {
    'squeezenet': '--int16 all',
    'yunet': '--int16 all',
    'yolox_nano': '--int16 all',
}

# name: model, folds, measure, least of int8, most lost, least agreement, preprocessing
TABLE = {
    'ic01': ('mlperf_tiny/ic01_resnet8', lambda: arrays(data.images), 'top-1', 85, 0.7, 0, None),
    'vww01': ('mlperf_tiny/vww01_mobilenetv1_025', lambda: arrays(data.persons), 'top-1', 84, 0.7, 0, None),
    'kws01': ('mlperf_tiny/kws01_dscnn', lambda: arrays(data.words), 'top-1', 89, 0.7, 0, None),
    'ad01': ('mlperf_tiny/ad01_autoencoder', recordings, 'AUC', 86, 2, 0, None),
    'lenet5': ('classify/lenet5_mnist', lambda: given('digits', [a[:200] for a in data.digits('train10k')], data.digits('t10k')), 'top-1', 0, 0.1, 0, None),
    'resnet20': ('classify/resnet20_cifar10', lambda: arrays(data.cifar), 'top-1', 0, 1, 0, None),
    'resnet56': ('classify/resnet56_cifar10', lambda: arrays(data.cifar), 'top-1', 0, 1, 0, None),
    'ecg5000': ('ecg/ecg5000_inception', lambda: arrays(data.ecg5000), 'F1', 0, 0.5, 0, None),
    'ecg_aami5': ('ecg/ecg_mitbih_aami5_256_adii', lambda: given('aami', data.aami(data.DS1, 200), data.aami(data.DS2, 5)), 'F1', 0, 0.5, 0, None),
    'ecg_navlr': ('ecg/ecg_mitbih_cnn_lxysl', lambda: given('navlr', data.navlr(data.DS1, 200), data.navlr(data.DS2, 5)), 'F1', 0, 0.5, 0, None),
    'mobilenetv2': ('classify/mobilenetv2_1.0_fp32', photos, 'top-1', 0, 1, 95, torch_like(224) | CROP),
    'squeezenet': ('classify/squeezenet1.0_fp16', photos, 'top-1', 0, 1, 95, CROP | {'channels': 'bgr', 'mean': [104, 117, 123], 'std': [1, 1, 1]}),
    'resnet34': ('big/resnet34_imagenet_w8dq', photos, 'top-1', 0, 1, 95, {
        'width': 227, 'height': 227, 'resize': 'crop', 'crop_ratio': 0.88671875, 'scale': 1 / 256,
        'mean': [122.782 / 256, 117.001 / 256, 104.298 / 256], 'std': [1, 1, 1]}),
    'yolox_nano': ('detect/yolox_nano', scenes, scores.yolox, 98, 0, 0, {'width': 416, 'height': 416, 'channels': 'bgr'}),
    'ultraface': ('detect/ultraface_rfb320', scenes, scores.ultraface, 98, 0, 0, {'width': 320, 'height': 240, 'mean': [127, 127, 127], 'std': [128, 128, 128]}),
    'yunet': ('detect/yunet_n_320', scenes, scores.yunet, 98, 0, 0, {'width': 320, 'height': 320, 'channels': 'bgr'}),
}


def outputs(model, test, prefix, extra):
    run('Edge.Bench', 'outputs', model, '--data', test, '-o', prefix, *extra)
    return [np.load(f'{prefix}-{i}.npy') for i in range(len(glob.glob(f'{prefix}-*.npy')))]


def measure(how, results, answers):
    if how == 'AUC':
        return scores.anomaly(results, np.concatenate([a[0] for a in answers]), np.concatenate([a[1] for a in answers]))
    return (scores.top1 if how == 'top-1' else scores.f1)(results, np.concatenate(answers))


def line(name):
    model, folds, how, least, lost, agreed, image = TABLE[name]
    model = f'{MODELS}/{model}.onnx'
    extra = []
    if image is not None:
        extra = ['--preprocess', f'{WORK}/{name}.json']
        json.dump({'image': image}, open(extra[1], 'w'))
    for old in glob.glob(f'{WORK}/{name}-out*.npy'):
        os.remove(old)
    run('Edge.Convert', model, '-o', f'{WORK}/{name}.edge', '--json', *extra)
    options = os.environ.get('INT8_OPTIONS', OPTIONS.get(name, '')).split()
    parts, answers, made = [], [], None
    for k, (calibration, test, right) in enumerate(folds()):
        int8, pairs = f'{WORK}/{name}-int8-{k}.edge', f'{WORK}/{name}-{k}.qdq.onnx'
        made = json.loads(run('Edge.Convert', model, '-o', int8, '--int8', '--calibrate', calibration, '--emit-qdq', pairs, '--json', *options, *extra))['int8']
        parts.append([outputs(m, test, f'{WORK}/{name}-out{k}-{i}', extra) for i, m in enumerate((f'{WORK}/{name}.edge', int8, pairs))])
        answers.append(right)
    real, ours, peer = ([np.concatenate(o) for o in zip(*(p[i] for p in parts))] for i in range(3))
    size = 100 * os.path.getsize(f'{WORK}/{name}-int8-0.edge') / os.path.getsize(model)
    same = scores.agreement(real, ours)
    times = json.loads(run('Edge.Convert', 'compare', f'{WORK}/{name}.edge', f'{WORK}/{name}-int8-0.edge', '--data', calibration, '--json'))
    if callable(how):
        found, total = scores.matched(how, real, ours)
        peers, _ = scores.matched(how, real, peer)
        values, kind, passes = (f'{total} boxes', f'{100 * found / total:.1f} %', f'{100 * peers / total:.1f} %'), 'boxes found again', 100 * found >= least * total
        same_text = ''
    else:
        v = [measure(how, m, answers) for m in (real, ours, peer)]
        values, kind = tuple(f'{x:.2f} %' for x in v), how
        passes = v[1] >= least and v[0] - v[1] <= lost + 1e-9 and same >= agreed
        same_text = '' if how == 'AUC' else f'{same:.1f} %'
    print(f"| {name} | {' '.join(options)} | {made['samples']} | {len(real[0])} | {kind} | {values[0]} | {values[1]} | {values[2]} | {same_text} | {scores.snr(real, ours):.1f} dB | {scores.snr(ours, peer):.1f} dB | "
          f"{size:.0f} % | {times['latency_ms_a']:.2f} to {times['latency_ms_b']:.2f} ms | {len(made['float32'])} | {'yes' if made['same_bits_everywhere'] else 'no'} | {'yes' if passes else '**no**'} |", flush=True)
    return passes


print('| model | options | calibrated on | scored on | measure | float32 | int8 | ONNX Runtime, same integers | same class | output SNR | ONNX Runtime to ours | size / ONNX | latency, float32 to int8 | nodes in float32 | same bits everywhere | within limits |')
print('|---' * 16 + '|', flush=True)
sys.exit(0 if all([line(name) for name in TABLE if not WANTED or name in WANTED]) else 1)

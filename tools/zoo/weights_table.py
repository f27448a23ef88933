#!/usr/bin/python3
"""Size and accuracy of models whose weights alone are small (edge-convert --weights), or that are quantized in the run (--int8 --dynamic): a Markdown table.

  weights_table.py MODELS DATA WORK

MODELS and DATA as for int8_table.py; WORK gets arrays and models. Needs numpy and a Release build.
"""
import csv, json, os, subprocess, sys
import numpy as np
import int8_data as data

BIN = os.environ.get('EDGE_BIN') or os.path.join(os.path.dirname(os.path.abspath(__file__)), '../../artifacts/bin')
MODELS, data.DATA, WORK = sys.argv[1:4]
FORMATS = ['f16', 'int8', 'int8:32', 'int4', 'int4:64', 'dynamic']
os.makedirs(WORK, exist_ok=True)


def convert(*args):
    result = subprocess.run([f'{BIN}/Edge.Convert/release/edge-convert', *args], capture_output=True, text=True)
    if result.returncode:
        sys.exit(result.stderr)
    return result.stdout


def digits():
    x, y = data.digits('t10k')
    np.save(f'{WORK}/digits.npy', np.ascontiguousarray(x))
    return f'{WORK}/digits.npy', y, []


def photos():
    rows = sorted((r[0], int(r[1])) for r in list(csv.reader(open(f'{data.DATA}/imagenet_sample_256/labels.csv')))[1:])
    os.makedirs(f'{WORK}/photos', exist_ok=True)
    for name, _ in rows:
        if not os.path.exists(f'{WORK}/photos/{name}'):
            os.symlink(os.path.abspath(f'{data.DATA}/imagenet_sample_256/{name}'), f'{WORK}/photos/{name}')
    spec = {'width': 224, 'height': 224, 'resize': 'crop', 'crop_ratio': 0.875, 'scale': 1 / 255, 'mean': [0.485, 0.456, 0.406], 'std': [0.229, 0.224, 0.225]}
    json.dump({'image': spec}, open(f'{WORK}/photos.json', 'w'))
    return f'{WORK}/photos', np.array([c for _, c in rows]), ['--preprocess', f'{WORK}/photos.json']


def cifar():
    x, y = data.cifar()
    np.save(f'{WORK}/cifar.npy', np.ascontiguousarray(x))
    return f'{WORK}/cifar.npy', y, []


print('| model | scored on | weights | size / ONNX | float32 | small weights | same class | output SNR |\n' + '|---' * 8 + '|', flush=True)
for name, model, load in [('lenet5', 'classify/lenet5_mnist', digits), ('resnet20', 'classify/resnet20_cifar10', cifar), ('mobilenetv2', 'classify/mobilenetv2_1.0_fp32', photos)]:
    samples, answers, extra = load()
    np.save(f'{WORK}/{name}-answers.npy', np.asarray(answers, np.int64))
    source = f'{MODELS}/{model}.onnx'
    convert(source, '-o', f'{WORK}/{name}.edge', *extra)
    for kept in FORMATS:
        small = f'{WORK}/{name}-{kept.replace(":", "-")}.edge'
        convert(source, '-o', small, *(['--int8', '--dynamic'] if kept == 'dynamic' else ['--weights', kept]), *extra)
        found = json.loads(convert('compare', f'{WORK}/{name}.edge', small, '--data', samples, '--expected', f'{WORK}/{name}-answers.npy', '--json', *extra))
        print(f"| {name} | {found['samples']} | {kept} | {100 * os.path.getsize(small) / os.path.getsize(source):.1f} % | {100 * found['top1_a']:.2f} % | "
              f"{100 * found['top1_b']:.2f} % | {100 * found['agreement']:.1f} % | {found['snr_db'][0]:.1f} dB |", flush=True)

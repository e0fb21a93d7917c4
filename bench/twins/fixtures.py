"""Writes test/models/fixtures: a training step of a small configuration of every model, in float64.

    python bench/twins/fixtures.py

Weights, images and labels are not stored: both sides compute them (numbers_by_formula.py, test/models/numbers.ts).
"""
import json
from pathlib import Path

import torch

from twin import step_by_formula, write_safetensors

SWIN = dict(patchSize=2, width=4, depths=[2, 2, 1, 1], heads=[1, 2, 2, 4], window=3, mlpRatio=2)
PVT = dict(widths=[4, 8, 12, 16], depths=[1, 2, 1, 1], heads=[1, 2, 3, 2], mlpRatios=[3, 2, 2, 1])
VIT = dict(patchSize=4, width=12, depth=4, heads=3, mlpRatio=2)
HEAD = dict(classes=5, neckWidth=6, headWidth=4)

# Windows that do not divide their map, odd maps, maps smaller than a window; upright and lying images.
CONFIGURATIONS = {
    'vit': ('vit', dict(imageSize=12, classes=5, **VIT)),
    'swin': ('swin', dict(imageSize=[20, 28], classes=5, **SWIN)),
    'pvt': ('pvt', dict(imageSize=[64, 32], classes=5, **PVT)),
    'semantic-fpn-swin': ('semanticFpn', dict(backbone={'swin': {**SWIN, 'patchSize': 4}}, imageSize=[40, 56], **HEAD)),
    'semantic-fpn-pvt': ('semanticFpn', dict(backbone={'pvt': PVT}, imageSize=[32, 64], **HEAD)),
    'semantic-fpn-vit': ('semanticFpn', dict(backbone={'vit': {**VIT, 'patchSize': 16}}, imageSize=64, **HEAD)),
}


def write_step(path, name, options, samples=2):
    """A step of model `name`, in float64, as a file."""
    tensors, model = step_by_formula(name, options, torch.float64, samples)
    write_safetensors(path, tensors, {'model': name, 'options': json.dumps(options), 'samples': str(samples)})
    print(f'{path}: {sum(p.numel() for p in model.parameters())} parameters')


if __name__ == '__main__':
    folder = Path(__file__).resolve().parents[2] / 'test/models/fixtures'
    for file, (name, options) in CONFIGURATIONS.items():
        write_step(folder / f'{file}.safetensors', name, options)

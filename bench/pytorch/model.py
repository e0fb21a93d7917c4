"""A worker that makes training steps of a model of bench/twins on demand (steps.py), in float32; attention by
F.scaled_dot_product_attention, but Swin's, whose bias and mask are written out.

    python model.py '{"setting": {"model": "pvtTiny", "options": {"imageSize": 224, "classes": 1000}, "batch": 8}, "threads": 2}'
"""
import json
import sys
from pathlib import Path

import torch
from torch import nn
from torch.nn import functional as F

from steps import Steps

sys.path.append(str(Path(__file__).parent.parent / 'twins'))
import pvt  # noqa: E402
import vit  # noqa: E402
from semantic_fpn import pixel_loss  # noqa: E402
from twin import build  # noqa: E402


def fused(q, k, v):
    return F.scaled_dot_product_attention(q, k, v).transpose(1, 2).flatten(2)


def start(model):
    """What PyTorch has no start for: position embeddings, tables, class tokens."""
    started = {id(p) for m in model.modules() if isinstance(m, (nn.Linear, nn.Conv2d, nn.LayerNorm, nn.BatchNorm2d))
               for p in m.parameters(recurse=False)}
    for p in model.parameters():
        if id(p) not in started:
            nn.init.trunc_normal_(p, std=0.02)


config = json.loads(sys.argv[1])
setting = config['setting']
batch, side, classes = setting['batch'], setting['options']['imageSize'], setting['options']['classes']
torch.set_num_threads(config['threads'])
torch.manual_seed(0)
vit.attend = pvt.attend = fused
model = build(setting['model'], setting['options'])
start(model)
segments = setting['model'] == 'semanticFpn'
images = torch.randn(batch, 3, side, side)
labels = torch.randint(0, classes, (batch, side, side) if segments else (batch,))


def losses():
    logits = model(images)
    yield pixel_loss(logits, labels).mean() if segments else F.cross_entropy(logits, labels)


Steps(model, losses, [images, labels]).serve()

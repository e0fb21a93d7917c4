"""A worker that makes training steps of DeiT on demand (steps.py).

    python step.py '{"setting": {"image": 224, "patch": 16, "width": 192, "depth": 12, "heads": 3, "classes": 1000, "batch": 16},
                     "mode": ["sdpa", "compile", "bf16", "checkpoint"], "micro": 16, "threads": 2}'

Without "sdpa" attention is written out (eager).
"""
import json
import sys

import torch
from torch.nn import functional as F

from deit import DeiT
from steps import Steps

config = json.loads(sys.argv[1])
setting, mode, micro = config['setting'], config['mode'], config['micro']
torch.set_num_threads(config['threads'])
torch.manual_seed(0)

model = DeiT(setting, 'sdpa' in mode, 'checkpoint' in mode)
run = torch.compile(model) if 'compile' in mode else model
images = torch.randn(setting['batch'], 3, setting['image'], setting['image'])
labels = torch.randint(0, setting['classes'], (setting['batch'],))


def losses():
    for first in range(0, setting['batch'], micro):
        with torch.autocast('cpu', torch.bfloat16, enabled='bf16' in mode):
            logits = run(images[first:first + micro])
        yield F.cross_entropy(logits.float(), labels[first:first + micro]) * (micro / setting['batch'])


# a compiled graph shows its tensors to nobody
Steps(model, losses, [images, labels], tensors_seen='compile' not in mode).serve()

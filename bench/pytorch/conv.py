"""A worker that runs a convolution on demand, forward and backward, in channels_last: one answer in JSON a line on stdin.

    python conv.py '{"shape": {"batch": 1, "height": 64, "width": 64, "channels": 256, "out": 256, "kernel": 3, "stride": 1, "padding": 1},
                     "threads": 2}'
"""
import json
import sys
import time

import torch
from torch.nn import functional as F

config = json.loads(sys.argv[1])
shape = config['shape']
torch.set_num_threads(config['threads'])


def filled(*sizes):
    return torch.full(sizes, 0.01).to(memory_format=torch.channels_last).requires_grad_()


x = filled(shape['batch'], shape['channels'], shape['height'], shape['width'])
weight = filled(shape['out'], shape['channels'], shape['kernel'], shape['kernel'])
bias = torch.zeros(shape['out'], requires_grad=True)
arguments = (weight, bias, shape['stride'], shape['padding'])
dy = torch.full_like(F.conv2d(x, *arguments), 0.01, requires_grad=False)


def step():
    for t in (x, weight, bias):
        t.grad = None
    start = time.perf_counter()
    y = F.conv2d(x, *arguments)
    middle = time.perf_counter()
    y.backward(dy)
    return {'pytorch': {'forward': (middle - start) * 1e3, 'backward': (time.perf_counter() - middle) * 1e3}}


def say(answer):
    print(json.dumps(answer), flush=True)


for _ in range(2):
    step()
say({'ready': True, 'version': torch.__version__})
for _ in sys.stdin:
    say(step())

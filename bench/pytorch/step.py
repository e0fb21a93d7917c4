"""A worker that makes training steps on demand: one JSON command a line on stdin, one JSON answer a line on stdout.

    python step.py '{"setting": {"image": 224, "patch": 16, "width": 192, "depth": 12, "heads": 3, "classes": 1000, "batch": 16},
                     "mode": ["sdpa", "compile", "bf16", "checkpoint"], "micro": 16, "threads": 2}'

Commands: "step" -> {ms, loss}; "memory" -> {savedBytes, peakBytes, rssBytes}. Without "sdpa" attention is written out (eager).
"""
import json
import sys
import time

import torch
from torch.nn import functional as F

from deit import DeiT
from meter import SavedBytes, TensorBytes, rss, settle

config = json.loads(sys.argv[1])
setting, mode, micro = config['setting'], config['mode'], config['micro']
torch.set_num_threads(config['threads'])
torch.manual_seed(0)

model = DeiT(setting, 'sdpa' in mode, 'checkpoint' in mode)
run = torch.compile(model) if 'compile' in mode else model
optimizer = torch.optim.AdamW(model.parameters(), lr=5e-4, weight_decay=0.05)
images = torch.randn(setting['batch'], 3, setting['image'], setting['image'])
labels = torch.randint(0, setting['classes'], (setting['batch'],))


def forward(first):
    with torch.autocast('cpu', torch.bfloat16, enabled='bf16' in mode):
        logits = run(images[first:first + micro])
    return F.cross_entropy(logits.float(), labels[first:first + micro]) * (micro / setting['batch'])


def step():
    optimizer.zero_grad()
    total = 0.0
    for first in range(0, setting['batch'], micro):
        loss = forward(first)
        loss.backward()
        total += loss.item()
    optimizer.step()
    return total


def timed_step():
    start = time.perf_counter()
    loss = step()
    return {'ms': (time.perf_counter() - start) * 1e3, 'loss': loss}


def memory():
    """Base: weights and optimizer state exist, gradients and activations are gone and given back."""
    known = [images, labels, *model.parameters(), *(t for s in optimizer.state.values() for t in s.values() if torch.is_tensor(t))]
    optimizer.zero_grad(set_to_none=True)
    base = settle()
    for _ in range(3):
        step()
    over = rss('VmHWM') - base
    optimizer.zero_grad(set_to_none=True)
    answer = {'rssBytes': over, 'savedBytes': None, 'peakBytes': None}
    if 'compile' not in mode:  # a compiled graph shows its tensors to nobody
        with TensorBytes(known) as tensors:
            step()
        optimizer.zero_grad(set_to_none=True)
        saved = SavedBytes(known)
        with saved:
            forward(0)
        answer.update(savedBytes=saved.bytes, peakBytes=tensors.peak)
    return answer


def say(answer):
    print(json.dumps(answer), flush=True)


for _ in range(2):  # the first step makes optimizer state and compiles
    step()
say({'ready': True, 'version': torch.__version__, 'capability': torch.backends.cpu.get_cpu_capability()})
for line in sys.stdin:
    say({'step': timed_step, 'memory': memory}[json.loads(line)]())

"""What rounding alone does to the gradients of a twin: PyTorch's float32 against its float64 at the same point, and how many inputs of
ReLUs have another sign. A third run takes the signs of float64.

    python bench/twins/rounding.py semanticFpn '{"backbone": "deitTiny", "imageSize": 256, "classes": 150}'
"""
import json
import sys

import torch
from torch.nn import functional as F

import semantic_fpn
from twin import step_by_formula


def gradients(name, options, dtype, relu):
    """The gradients of a step with `relu` in the place of F.relu."""
    semantic_fpn.F.relu, before = relu, F.relu
    try:
        tensors, _ = step_by_formula(name, options, dtype)
        return {key: t.double() for key, t in tensors.items() if key.startswith('gradient.')}
    finally:
        semantic_fpn.F.relu = before


def worst(found, expected):
    """The largest error relative to its gradient's norm, and of which parameter."""
    return max((float((found[key] - g).norm() / g.norm()), key) for key, g in expected.items() if g.norm() > 0)


class Signs:
    """Stands for F.relu in three runs: takes note of signs, counts those that differ, follows them. Evaluation is left alone."""

    def __init__(self):
        self.noted, self.next, self.different, self.all = [], 0, 0, 0

    def note(self, x):
        if x.requires_grad:
            self.noted.append(x.detach() > 0)
        return x.relu()

    def count(self, x):
        if x.requires_grad:
            self.different += int(((x.detach() > 0) != self.noted[self.next]).sum())
            self.all += x.numel()
            self.next += 1
        return x.relu()

    def follow(self, x):
        if not x.requires_grad:
            return x.relu()
        self.next += 1
        return x * self.noted[self.next - 1]


def compare(name, options):
    signs = Signs()
    exact = gradients(name, options, torch.float64, signs.note)
    rounded = worst(gradients(name, options, torch.float32, signs.count), exact)
    signs.next = 0
    following = worst(gradients(name, options, torch.float32, signs.follow), exact)
    return {'torch': torch.__version__, 'float32': rounded, 'signs that differ': [signs.different, signs.all],
            'float32 with the signs of float64': following}


if __name__ == '__main__':
    name, options = sys.argv[1:]
    print(json.dumps(compare(name, json.loads(options)), indent=2))

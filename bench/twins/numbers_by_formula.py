"""Numbers that need no file: a hash of a name and an index, the same in test/models/numbers.ts."""
import math

import numpy as np
import torch


def uniform(name, count):
    """`count` numbers in [0, 1), exact in float32."""
    seed = 0x811C9DC5
    for byte in name.encode():
        seed = (seed ^ byte) * 0x01000193 & 0xFFFFFFFF  # FNV-1a
    with np.errstate(over='ignore'):
        x = np.uint32(seed) + np.arange(count, dtype=np.uint32) * np.uint32(0x9E3779B9)
        x = (x ^ x >> np.uint32(16)) * np.uint32(0x85EBCA6B)  # murmur3's finaliser
        x = (x ^ x >> np.uint32(13)) * np.uint32(0xC2B2AE35)
        x ^= x >> np.uint32(16)
    return (x >> np.uint32(8)).astype(np.float64) * 2.0 ** -24


def between(name, shape, centre, width):
    """Uniform in centre +- width, rounded to float32."""
    values = centre + width * (2 * uniform(name, math.prod(shape)) - 1)
    return torch.from_numpy(values.astype(np.float32).reshape(shape))


def parameter(name, shape):
    """Nowhere zero, and wide enough that every layer matters."""
    weight = name.endswith('.weight')
    if name.endswith('.running_var') or weight and len(shape) == 1:
        return between(name, shape, 1, 0.5)
    return between(name, shape, 0, math.sqrt(3 / math.prod(shape[1:])) if weight else 0.5)


def images(shape):
    return between('images', shape, 0, math.sqrt(3))


def labels(shape, classes):
    return torch.from_numpy(np.floor(uniform('labels', math.prod(shape)) * classes).astype(np.int64).reshape(shape))


def masks(shape, classes):
    """Labels of pixels; a fifth of them is ignored (-1)."""
    ignored = torch.from_numpy(uniform('ignored', math.prod(shape)).reshape(shape) < 0.2)
    return labels(shape, classes).masked_fill(ignored, -1)

"""A model by its name in mesa-lab and its options, a step of it, and a file of its numbers."""
import json
import struct

import torch
from torch.nn import functional as F

import numbers_by_formula as formula
import pvt
import swin
import vit
from layers import sides
from pvt import Pvt
from semantic_fpn import SemanticFpn, pixel_loss
from swin import Swin
from vit import Vit

KINDS = {'vit': Vit, 'swin': Swin, 'pvt': Pvt}
SIZES = {**{name: (Vit, sizes) for name, sizes in vit.SIZES.items()},
         **{name: (Swin, sizes) for name, sizes in swin.SIZES.items()},
         **{name: (Pvt, sizes) for name, sizes in pvt.SIZES.items()}}


def build(name, options):
    """`build('semanticFpn', {'backbone': 'swinTiny', 'imageSize': 64})`; a backbone may also be {'swin': {...}}."""
    if name != 'semanticFpn':
        kind, sizes = SIZES.get(name) or (KINDS[name], {})
        return kind(**{**sizes, **options})
    backbone, shared, own = options['backbone'], {}, {}
    for key, value in options.items():
        if key != 'backbone':
            (shared if key in ('imageSize', 'channels') else own)[key] = value
    kind, sizes = (backbone, {}) if isinstance(backbone, str) else next(iter(backbone.items()))
    return SemanticFpn(build(kind, {**sizes, **shared, 'classes': 0}), **own)


def step_by_formula(name, options, dtype, samples=2):
    """The step of a model whose weights, images and labels are those of numbers_by_formula.py; and the model."""
    torch.set_default_dtype(dtype)
    model = build(name, options)
    with torch.no_grad():
        for key, tensor in model.state_dict().items():
            if tensor.is_floating_point():
                tensor.copy_(formula.parameter(key, tensor.shape))
    size, classes = sides(options['imageSize']), options['classes']
    labels = formula.masks((samples, *size), classes) if name == 'semanticFpn' else formula.labels((samples,), classes)
    return step(model, formula.images((samples, 3, *size)).to(dtype), labels), model


def step(model, images, labels):
    """Logits of evaluation and of training, losses, gradients of the mean loss, and buffers after the step, by name."""
    model.eval()
    with torch.no_grad():
        evaluated = by_pixel(model(images))
    model.train()
    logits = model(images)
    losses = pixel_loss(logits, labels) if labels.dim() == 3 else F.cross_entropy(logits, labels, reduction='none')
    losses.mean().backward()
    gradients = {f'gradient.{name}': p.grad for name, p in model.named_parameters()}
    buffers = {f'buffer.{name}': b for name, b in model.named_buffers() if b.dim() > 0}
    return {'evaluated': evaluated, 'logits': by_pixel(logits), 'losses': losses, **gradients, **buffers}


def by_pixel(logits):
    """[b, k, h, w] -> [b*h*w, k]; logits of a classifier as they are."""
    return logits.permute(0, 2, 3, 1).flatten(0, 2) if logits.dim() == 4 else logits


def write_safetensors(path, tensors, metadata):
    header, parts, position = {'__metadata__': metadata}, [], 0
    for name, tensor in tensors.items():
        dtype = 'I32' if tensor.dtype in (torch.int32, torch.int64) else 'F32'
        part = tensor.detach().to(torch.int32 if dtype == 'I32' else torch.float32).contiguous().numpy().tobytes()
        header[name] = {'dtype': dtype, 'shape': list(tensor.shape), 'data_offsets': [position, position + len(part)]}
        parts.append(part)
        position += len(part)
    text = json.dumps(header).encode()
    text += b' ' * (-len(text) % 8)
    with open(path, 'wb') as file:
        file.write(struct.pack('<Q', len(text)) + text + b''.join(parts))

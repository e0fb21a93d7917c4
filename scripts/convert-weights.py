"""Makes a safetensors file of a PyTorch checkpoint: python scripts/convert-weights.py IN.pth OUT.safetensors

Takes tensors only (weights_only=True: no code of the file runs), from under `model`, `state_dict` or `module` where they are nested, and
writes them under their own names as float32. Needs torch and nothing else.
"""

import json
import struct
import sys

import torch

NESTED = ('model', 'state_dict', 'model_state', 'module')
PREFIX = 'module.'  # of DistributedDataParallel


def tensors_of(checkpoint):
    """The innermost dictionary of tensors."""
    for key in NESTED:
        if isinstance(checkpoint.get(key), dict):
            return tensors_of(checkpoint[key])
    tensors = {name: value for name, value in checkpoint.items() if isinstance(value, torch.Tensor)}
    if not tensors:
        sys.exit(f'no tensors: the file has {", ".join(map(str, list(checkpoint)[:10]))}')
    if all(name.startswith(PREFIX) for name in tensors):
        tensors = {name[len(PREFIX) :]: value for name, value in tensors.items()}
    return tensors


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    source, target = sys.argv[1:]
    tensors = tensors_of(torch.load(source, map_location='cpu', weights_only=True))
    floats = {name: t for name, t in tensors.items() if t.is_floating_point()}  # counters and indices are no weights
    weights = {name: t.float().contiguous() for name, t in floats.items()}

    header, position = {}, 0
    for name in sorted(weights):
        size = 4 * weights[name].numel()
        header[name] = {'dtype': 'F32', 'shape': list(weights[name].shape), 'data_offsets': [position, position + size]}
        position += size
    text = json.dumps(header).encode()
    text += b' ' * (-len(text) % 8)
    with open(target, 'wb') as file:
        file.write(struct.pack('<Q', len(text)) + text)
        for name in sorted(weights):
            file.write(weights[name].numpy().tobytes())
    print(f'{target}: {len(weights)} tensors, {position} bytes')


if __name__ == '__main__':
    main()

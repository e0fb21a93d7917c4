"""What PyTorch keeps for backward of a training step, without a GPU and without memory: tensors that have shapes and no content.

    python bench/pytorch/saved.py 128 deitTiny deitSmall deitBase swinTiny pvtTiny > notebooks/data/04-pytorch.json

Mixed precision is that of CUDA (the dispatcher casts as there), with attention written out, as the published code has it; float32 is that
of the CPU, and again with F.scaled_dot_product_attention where a model can use it.
"""
import json
import sys
from pathlib import Path

import torch
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.nn import functional as F

from meter import SavedBytes

sys.path.append(str(Path(__file__).parent.parent / 'twins'))
import pvt  # noqa: E402
import vit  # noqa: E402
from twin import build  # noqa: E402

WRITTEN_OUT = vit.attend


def fused(q, k, v):
    return F.scaled_dot_product_attention(q, k, v).transpose(1, 2).flatten(2)


def saved_bytes(name, batch, device, half=False, attend=WRITTEN_OUT):
    vit.attend = pvt.attend = attend
    with FakeTensorMode(), torch.device(device):
        model = build(name, {})
        images, labels = torch.empty(batch, 3, 224, 224), torch.empty(batch, dtype=torch.long)
        torch.set_autocast_dtype(device, torch.float16)
        torch.set_autocast_enabled(device, half)  # torch.autocast would look for the GPU
        saved = SavedBytes([images, labels, *model.parameters()])
        with saved:
            F.cross_entropy(model(images), labels)
        torch.set_autocast_enabled(device, False)
        torch.clear_autocast_cache()
        return saved.bytes


def row(name, batch):
    return {
        'amp': saved_bytes(name, batch, 'cuda', half=True),
        'float32': saved_bytes(name, batch, 'cpu'),
        'sdpa': None if name.startswith('swin') else saved_bytes(name, batch, 'cpu', attend=fused),
    }


if __name__ == '__main__':
    batch, *names = sys.argv[1:]
    command = ' '.join(['python bench/pytorch/saved.py', *sys.argv[1:]])
    print(json.dumps({'command': command, 'torch': torch.__version__, 'batch': int(batch),
                      'savedBytes': {name: row(name, int(batch)) for name in names}}, indent=2))

"""Pyramid Vision Transformer, version 1; names as in its repository."""
import torch
from torch import nn

from layers import Mlp, attend, grid, sides, split, tokens

SIZES = {name: dict(depths=depths) for name, depths in {
    'pvtTiny': [2, 2, 2, 2],
    'pvtSmall': [3, 4, 6, 3],
    'pvtMedium': [3, 4, 18, 3],
    'pvtLarge': [3, 8, 27, 3],
}.items()}


class PatchEmbed(nn.Module):
    def __init__(self, channels, width, patch):
        super().__init__()
        self.proj, self.norm = nn.Conv2d(channels, width, patch, patch), nn.LayerNorm(width)

    def forward(self, x):
        return self.norm(tokens(self.proj(x)))


class Attention(nn.Module):
    """Keys and values from a map made smaller by `reduction` a side."""

    def __init__(self, width, heads, reduction):
        super().__init__()
        self.heads, self.reduction = heads, reduction
        self.q, self.kv, self.proj = nn.Linear(width, width), nn.Linear(width, 2 * width), nn.Linear(width, width)
        if reduction > 1:
            self.sr, self.norm = nn.Conv2d(width, width, reduction, reduction), nn.LayerNorm(width)

    def forward(self, x, size):
        small = self.norm(tokens(self.sr(grid(x, *size)))) if self.reduction > 1 else x
        k, v = self.kv(small).chunk(2, -1)
        return self.proj(attend(*(split(part, self.heads) for part in (self.q(x), k, v))))


class Block(nn.Module):
    def __init__(self, width, heads, reduction, ratio):
        super().__init__()
        self.norm1, self.attn = nn.LayerNorm(width, eps=1e-6), Attention(width, heads, reduction)
        self.norm2, self.mlp = nn.LayerNorm(width, eps=1e-6), Mlp(width, ratio * width)

    def forward(self, x, size):
        x = x + self.attn(self.norm1(x), size)
        return x + self.mlp(self.norm2(x))


class Pvt(nn.Module):
    """`classes` 0: a backbone, without class token, last norm and head."""

    def __init__(self, imageSize=224, channels=3, classes=1000, widths=(64, 128, 320, 512), depths=(2, 2, 2, 2), heads=(1, 2, 5, 8),
                 mlpRatios=(8, 8, 4, 4), reductions=(8, 4, 2, 1)):
        super().__init__()
        self.widths, self.classes = widths, classes
        stages = zip((channels, *widths), widths, depths, heads, mlpRatios, reductions)
        self.sizes = [tuple(side // (4 << i) for side in sides(imageSize)) for i in range(4)]
        for i, (before, c, depth, h, ratio, reduction) in enumerate(stages):
            rows = self.sizes[i][0] * self.sizes[i][1] + (1 if classes and i == 3 else 0)
            self.add_module(f'patch_embed{i + 1}', PatchEmbed(before, c, 4 if i == 0 else 2))
            self.register_parameter(f'pos_embed{i + 1}', nn.Parameter(torch.empty(1, rows, c)))
            self.add_module(f'block{i + 1}', nn.ModuleList(Block(c, h, reduction, ratio) for _ in range(depth)))
        if classes:
            self.cls_token = nn.Parameter(torch.empty(1, 1, widths[-1]))
            self.norm, self.head = nn.LayerNorm(widths[-1], eps=1e-6), nn.Linear(widths[-1], classes)

    def stages(self, images):
        x = images
        for i, size in enumerate(self.sizes):
            x = getattr(self, f'patch_embed{i + 1}')(x)
            if self.classes and i == 3:
                x = torch.cat([self.cls_token.expand(len(x), -1, -1), x], 1)
            x = x + getattr(self, f'pos_embed{i + 1}')
            for block in getattr(self, f'block{i + 1}'):
                x = block(x, size)
            if self.classes and i == 3:
                yield x
            else:
                x = grid(x, *size)
                yield x

    def forward(self, images):
        *_, x = self.stages(images)
        return self.head(self.norm(x)[:, 0])

    def features(self, images):
        return list(self.stages(images))

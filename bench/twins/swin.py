"""Swin Transformer; names as in timm, padding as in its version for segmentation."""
import torch
from torch import nn
from torch.nn import functional as F

from layers import Mlp, sides

SIZES = {
    'swinTiny': dict(width=96, depths=[2, 2, 6, 2], heads=[3, 6, 12, 24]),
    'swinSmall': dict(width=96, depths=[2, 2, 18, 2], heads=[3, 6, 12, 24]),
    'swinBase': dict(width=128, depths=[2, 2, 18, 2], heads=[4, 8, 16, 32]),
}


class PatchEmbed(nn.Module):
    def __init__(self, channels, width, patch):
        super().__init__()
        self.proj, self.norm = nn.Conv2d(channels, width, patch, patch), nn.LayerNorm(width)

    def forward(self, images):
        return self.norm(self.proj(images).permute(0, 2, 3, 1))


class PatchMerging(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.norm, self.reduction = nn.LayerNorm(4 * width), nn.Linear(4 * width, 2 * width, bias=False)

    def forward(self, x):  # [b, h, w, c] -> [b, h/2, w/2, 2c]
        x = F.pad(x, (0, 0, 0, x.shape[2] % 2, 0, x.shape[1] % 2))
        corners = [x[:, row::2, column::2] for row, column in ((0, 0), (1, 0), (0, 1), (1, 1))]
        return self.reduction(self.norm(torch.cat(corners, -1)))


class WindowAttention(nn.Module):
    def __init__(self, width, heads, window):
        super().__init__()
        self.heads, self.qkv, self.proj = heads, nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.relative_position_bias_table = nn.Parameter(torch.empty((2 * window - 1) ** 2, heads))
        y, x = torch.meshgrid(torch.arange(window), torch.arange(window), indexing='ij')
        y, x = y.flatten(), x.flatten()
        dy, dx = y[:, None] - y[None, :] + window - 1, x[:, None] - x[None, :] + window - 1
        self.index = dy * (2 * window - 1) + dx  # [n, n]

    def forward(self, x, mask):  # x [b, windows, n, c], mask [windows, 1, n, n]
        q, k, v = (part.unflatten(-1, (self.heads, -1)).transpose(2, 3) for part in self.qkv(x).chunk(3, -1))  # [b, windows, h, n, d]
        bias = self.relative_position_bias_table[self.index].permute(2, 0, 1)  # [h, n, n]
        scores = q @ k.transpose(-2, -1) * q.shape[-1] ** -0.5 + bias + mask
        return self.proj((scores.softmax(-1) @ v).transpose(2, 3).flatten(3))


def partition(x, window):
    """[b, h, w, c] -> [b, windows, window^2, c]."""
    return x.unflatten(2, (-1, window)).unflatten(1, (-1, window)).transpose(2, 3).flatten(3, 4).flatten(1, 2)


def merge(x, window, height, width):
    x = x.unflatten(2, (window, window)).unflatten(1, (height // window, width // window))
    return x.transpose(2, 3).flatten(3, 4).flatten(1, 2)


def mask_between_regions(height, width, window, shift):
    """-100 between pixels that the cyclic shift alone has made neighbours."""
    if shift == 0:
        return 0
    strip = lambda n: (torch.arange(n) >= n - window).int() + (torch.arange(n) >= n - shift).int()
    regions = partition((3 * strip(height)[:, None] + strip(width))[None, :, :, None], window)[0, :, :, 0]  # [windows, n]
    return torch.where(regions[:, :, None] == regions[:, None, :], 0.0, -100.0)[:, None]


class Block(nn.Module):
    def __init__(self, width, heads, window, shift, ratio):
        super().__init__()
        self.window, self.shift = window, shift
        self.norm1, self.attn = nn.LayerNorm(width), WindowAttention(width, heads, window)
        self.norm2, self.mlp = nn.LayerNorm(width), Mlp(width, ratio * width)

    def forward(self, x):  # [b, h, w, c]
        x = x + self.mix(self.norm1(x))
        return x + self.mlp(self.norm2(x))

    def mix(self, x):
        m, s, (h, w) = self.window, self.shift, x.shape[1:3]
        x = F.pad(x, (0, 0, 0, -w % m, 0, -h % m)).roll((-s, -s), (1, 2))
        height, width = x.shape[1:3]
        x = self.attn(partition(x, m), mask_between_regions(height, width, m, s))
        return merge(x, m, height, width).roll((s, s), (1, 2))[:, :h, :w]


class Stage(nn.Module):
    def __init__(self, width, depth, heads, window, shift, ratio, merges):
        super().__init__()
        if merges:
            self.downsample = PatchMerging(width // 2)
        self.blocks = nn.ModuleList(Block(width, heads, window, shift if i % 2 else 0, ratio) for i in range(depth))

    def forward(self, x):
        if hasattr(self, 'downsample'):
            x = self.downsample(x)
        for block in self.blocks:
            x = block(x)
        return x


class Head(nn.Module):
    def __init__(self, width, classes):
        super().__init__()
        self.fc = nn.Linear(width, classes)


class Swin(nn.Module):
    """`classes` 0: a backbone, with a norm after each stage in place of norm and head."""

    def __init__(self, imageSize=224, patchSize=4, channels=3, classes=1000, width=96, depths=(2, 2, 6, 2), heads=(3, 6, 12, 24),
                 window=7, mlpRatio=4):
        super().__init__()
        self.patch_embed = PatchEmbed(channels, width, patchSize)
        self.widths = [width << i for i in range(len(depths))]
        maps = [[-(-side // (patchSize << i)) for side in sides(imageSize)] for i in range(len(depths))]
        self.layers = nn.ModuleList(
            Stage(c, depth, h, min(window, *m), window // 2 if min(m) > window else 0, mlpRatio, i > 0)
            for i, (c, depth, h, m) in enumerate(zip(self.widths, depths, heads, maps)))
        if classes:
            self.norm, self.head = nn.LayerNorm(self.widths[-1]), Head(self.widths[-1], classes)
        else:
            for i, c in enumerate(self.widths):
                self.add_module(f'norm{i}', nn.LayerNorm(c))

    def stages(self, images):
        x = self.patch_embed(images)
        for layer in self.layers:
            x = layer(x)
            yield x

    def forward(self, images):
        *_, x = self.stages(images)
        return self.head.fc(self.norm(x).mean((1, 2)))

    def features(self, images):
        return [self.get_submodule(f'norm{i}')(x).permute(0, 3, 1, 2) for i, x in enumerate(self.stages(images))]

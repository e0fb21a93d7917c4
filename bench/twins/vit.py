"""Vision Transformer (DeiT without distillation); names as in timm."""
import torch
from torch import nn
from torch.nn import functional as F

from layers import Mlp, attend, grid, split, tokens

SIZES = {
    'deitTiny': dict(width=192, heads=3),
    'deitSmall': dict(width=384, heads=6),
    'deitBase': dict(width=768, heads=12),
}


class PatchEmbed(nn.Module):
    def __init__(self, channels, width, patch):
        super().__init__()
        self.proj = nn.Conv2d(channels, width, patch, patch)

    def forward(self, images):
        return tokens(self.proj(images))


class Attention(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.heads, self.qkv, self.proj = heads, nn.Linear(width, 3 * width), nn.Linear(width, width)

    def forward(self, x):
        return self.proj(attend(*(split(part, self.heads) for part in self.qkv(x).chunk(3, -1))))


class Block(nn.Module):
    def __init__(self, width, heads, ratio):
        super().__init__()
        self.norm1, self.attn = nn.LayerNorm(width, eps=1e-6), Attention(width, heads)
        self.norm2, self.mlp = nn.LayerNorm(width, eps=1e-6), Mlp(width, ratio * width)

    def forward(self, x):
        x = x + self.attn(self.norm1(x))
        return x + self.mlp(self.norm2(x))


class Vit(nn.Module):
    """`classes` 0: a backbone without last norm and head, whose four maps have 1/4 to 1/32 of a side for patches of 16."""

    def __init__(self, imageSize=224, patchSize=16, channels=3, classes=1000, width=192, depth=12, heads=3, mlpRatio=4):
        super().__init__()
        self.side, self.widths = imageSize // patchSize, [width] * 4
        self.patch_embed = PatchEmbed(channels, width, patchSize)
        self.cls_token = nn.Parameter(torch.empty(1, 1, width))
        self.pos_embed = nn.Parameter(torch.empty(1, self.side ** 2 + 1, width))
        self.blocks = nn.ModuleList(Block(width, heads, mlpRatio) for _ in range(depth))
        if classes:
            self.norm, self.head = nn.LayerNorm(width, eps=1e-6), nn.Linear(width, classes)

    def blocks_out(self, images):
        x = self.patch_embed(images)
        x = torch.cat([self.cls_token.expand(len(x), -1, -1), x], 1) + self.pos_embed
        for block in self.blocks:
            x = block(x)
            yield x

    def forward(self, images):
        *_, x = self.blocks_out(images)
        return self.head(self.norm(x[:, 0]))

    def features(self, images):
        """After each quarter of the blocks: the patches' tokens, resized by 4, 2, 1 and 1/2."""
        quarters = list(self.blocks_out(images))[len(self.blocks) // 4 - 1::len(self.blocks) // 4]
        maps = [grid(x[:, 1:], self.side, self.side) for x in quarters]
        sizes = [4 * self.side, 2 * self.side, self.side, self.side // 2]
        return [F.interpolate(x, (s, s), mode='bilinear', align_corners=False) for x, s in zip(maps, sizes)]

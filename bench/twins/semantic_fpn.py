"""Semantic FPN: feature pyramid and segmentation head; layout and names as in mmsegmentation."""
from torch import nn
from torch.nn import functional as F


class Conv(nn.Module):
    def __init__(self, before, after, kernel, normalised=False):
        super().__init__()
        self.conv = nn.Conv2d(before, after, kernel, padding=kernel // 2, bias=not normalised)
        if normalised:
            self.bn = nn.BatchNorm2d(after)

    def forward(self, x):
        return F.relu(self.bn(self.conv(x))) if hasattr(self, 'bn') else self.conv(x)


def resize(x, size):
    return F.interpolate(x, size, mode='bilinear', align_corners=False)


class Neck(nn.Module):
    def __init__(self, widths, width):
        super().__init__()
        self.lateral_convs = nn.ModuleList(Conv(c, width, 1) for c in widths)
        self.fpn_convs = nn.ModuleList(Conv(width, width, 3) for _ in widths)

    def forward(self, maps):
        maps = [conv(x) for conv, x in zip(self.lateral_convs, maps)]
        for i in (3, 2, 1):
            maps[i - 1] = maps[i - 1] + F.interpolate(maps[i], maps[i - 1].shape[2:], mode='nearest')
        return [conv(x) for conv, x in zip(self.fpn_convs, maps)]


class Head(nn.Module):
    def __init__(self, before, width, classes):
        super().__init__()
        double = lambda: nn.Upsample(scale_factor=2, mode='bilinear', align_corners=False)
        conv = lambda i: Conv(before if i == 0 else width, width, 3, normalised=True)
        chains = [[conv(0)]] + [[layer for i in range(n) for layer in (conv(i), double())] for n in (1, 2, 3)]
        self.scale_heads = nn.ModuleList(nn.Sequential(*chain) for chain in chains)
        self.conv_seg = nn.Conv2d(width, classes, 1)

    def forward(self, maps):
        first, *others = [head(x) for head, x in zip(self.scale_heads, maps)]
        for x in others:
            first = first + resize(x, first.shape[2:])
        return self.conv_seg(first)


class SemanticFpn(nn.Module):
    """Without the dropout before the last convolution."""

    def __init__(self, backbone, classes=150, neckWidth=256, headWidth=128):
        super().__init__()
        self.backbone = backbone
        self.neck = Neck(backbone.widths, neckWidth)
        self.decode_head = Head(neckWidth, headWidth, classes)

    def forward(self, images):
        return self.decode_head(self.neck(self.backbone.features(images)))  # [b, classes, h/4, w/4]


def pixel_loss(logits, labels):
    """Of each sample: mean over all its pixels, where ignored ones (-1) count 0."""
    losses = F.cross_entropy(resize(logits, labels.shape[1:]), labels, ignore_index=-1, reduction='none')
    return losses.mean((1, 2))

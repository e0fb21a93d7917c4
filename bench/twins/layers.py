"""What the models share."""
from torch import nn
from torch.nn import functional as F


class Mlp(nn.Module):
    def __init__(self, width, hidden):
        super().__init__()
        self.fc1, self.fc2 = nn.Linear(width, hidden), nn.Linear(hidden, width)

    def forward(self, x):
        return self.fc2(F.gelu(self.fc1(x)))


def attend(q, k, v):
    """q [b, h, n, d], k and v [b, h, m, d] -> [b, n, h*d]."""
    o = (q @ k.transpose(-2, -1) * q.shape[-1] ** -0.5).softmax(-1) @ v
    return o.transpose(1, 2).flatten(2)


def split(x, heads):
    """[b, n, h*d] -> [b, h, n, d]."""
    return x.unflatten(-1, (heads, -1)).transpose(1, 2)


def tokens(x):
    """[b, c, h, w] -> [b, h*w, c]."""
    return x.flatten(2).transpose(1, 2)


def grid(x, height, width):
    """[b, h*w, c] -> [b, c, h, w]."""
    return x.transpose(1, 2).unflatten(2, (height, width))


def sides(size):
    return (size, size) if isinstance(size, int) else tuple(size)

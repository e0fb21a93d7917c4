# Makes resize-grid.json: what torch.nn.functional.interpolate gives. Run with a Python that has torch.
import json
import pathlib

import torch

torch.manual_seed(1)
cases = []
for channels, size, to in [(2, (4, 4), (7, 7)), (1, (7, 7), (3, 3)), (3, (5, 5), (5, 5)), (1, (4, 4), (3, 5))]:
    grid = torch.randn(1, channels, *size)
    out = torch.nn.functional.interpolate(grid, size=to, mode='bicubic', align_corners=False)
    flat = lambda t: [round(x, 6) for x in t[0].permute(1, 2, 0).flatten().tolist()]
    cases.append({'channels': channels, 'from': size, 'to': to, 'grid': flat(grid), 'expected': flat(out)})
pathlib.Path(__file__).with_suffix('.json').write_text(json.dumps(cases) + '\n')

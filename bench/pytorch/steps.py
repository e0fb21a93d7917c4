"""Makes training steps on demand: one JSON command a line on stdin, one JSON answer a line on stdout.

Commands: "step" -> {ms, loss}; "memory" -> {savedBytes, peakBytes, rssBytes}.
"""
import json
import sys
import time

import torch

from meter import SavedBytes, TensorBytes, rss, settle


class Steps:
    """`losses()` yields a step's losses, one a micro-batch; backward is run on each before the next is asked for."""

    def __init__(self, model, losses, fed, tensors_seen=True):
        self.losses, self.fed, self.tensors_seen = losses, fed, tensors_seen
        self.parameters = list(model.parameters())
        self.optimizer = torch.optim.AdamW(self.parameters, lr=5e-4, weight_decay=0.05)

    def step(self):
        self.optimizer.zero_grad()
        total = 0.0
        for loss in self.losses():
            loss.backward()
            total += loss.item()
        self.optimizer.step()
        return total

    def timed_step(self):
        start = time.perf_counter()
        loss = self.step()
        return {'ms': (time.perf_counter() - start) * 1e3, 'loss': loss}

    def memory(self):
        """Base: weights and optimizer state exist, gradients and activations are gone and given back."""
        known = [*self.fed, *self.parameters, *(t for s in self.optimizer.state.values() for t in s.values() if torch.is_tensor(t))]
        self.optimizer.zero_grad(set_to_none=True)
        base = settle()
        for _ in range(3):
            self.step()
        over = rss('VmHWM') - base
        self.optimizer.zero_grad(set_to_none=True)
        answer = {'rssBytes': over, 'savedBytes': None, 'peakBytes': None}
        if self.tensors_seen:
            with TensorBytes(known) as tensors:
                self.step()
            self.optimizer.zero_grad(set_to_none=True)
            saved = SavedBytes(known)
            with saved:
                next(self.losses())
            answer.update(savedBytes=saved.bytes, peakBytes=tensors.peak)
        return answer

    def serve(self):
        for _ in range(2):  # the first step makes optimizer state and compiles
            self.step()
        say({'ready': True, 'version': torch.__version__, 'capability': torch.backends.cpu.get_cpu_capability()})
        for line in sys.stdin:
            say({'step': self.timed_step, 'memory': self.memory}[json.loads(line)]())


def say(answer):
    print(json.dumps(answer), flush=True)

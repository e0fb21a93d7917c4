"""What a step holds: bytes of tensors, and of the process."""
import ctypes
import gc
import weakref

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves


def rss(key):
    """VmRSS or VmHWM of this process in bytes."""
    with open('/proc/self/status') as status:
        return next(int(line.split()[1]) * 1024 for line in status if line.startswith(key))


def settle():
    """Give freed memory back, forget the high-water mark, and return the resident bytes: the base that peaks are measured from."""
    gc.collect()
    ctypes.CDLL('libc.so.6').malloc_trim(0)
    with open('/proc/self/clear_refs', 'w') as refs:
        refs.write('5')
    return rss('VmRSS')


class SavedBytes(torch.autograd.graph.saved_tensors_hooks):
    """Bytes of the storages that autograd keeps for backward, each once, `known` ones (weights, inputs) not counted."""

    def __init__(self, known):
        seen, self.bytes = {t.untyped_storage()._cdata for t in known}, 0  # addresses of storages: those without content have no data_ptr

        def pack(tensor):
            storage = tensor.untyped_storage()
            if storage._cdata not in seen:
                seen.add(storage._cdata)
                self.bytes += storage.nbytes()
            return tensor

        super().__init__(pack, lambda tensor: tensor)


class TensorBytes(TorchDispatchMode):
    """Live and largest bytes of the storages that ops make while this is on; scratch inside a kernel is not seen."""

    def __init__(self, known):
        super().__init__()
        self.live = self.peak = 0
        self.seen = weakref.WeakSet(t.untyped_storage() for t in known)

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        result = function(*args, **(kwargs or {}))
        for leaf in tree_leaves(result):
            if isinstance(leaf, torch.Tensor):
                self.book(leaf.untyped_storage())
        return result

    def book(self, storage):
        if storage in self.seen:
            return
        self.seen.add(storage)
        size = storage.nbytes()
        self.live += size
        self.peak = max(self.peak, self.live)
        weakref.finalize(storage, self.release, size)

    def release(self, size):
        self.live -= size

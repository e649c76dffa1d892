"""The states of all random numbers of a process, in a form that checkpoints can hold."""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch

RandomStates = dict[str, Any]


def random_states() -> RandomStates:
    """Return the states of Python's, numpy's and torch's generators, on the GPUs too.

    They are plain numbers and tensors, which ``torch.load(weights_only=True)`` reads.
    """
    version, numbers, gauss = random.getstate()
    state: Any = np.random.get_state(legacy=False)
    return {
        'python': {'version': version, 'numbers': torch.tensor(numbers), 'gauss': gauss},
        'numpy': {
            'key': torch.from_numpy(state['state']['key'].astype(np.int64)),
            'pos': int(state['state']['pos']),
            'has_gauss': int(state['has_gauss']),
            'gauss': float(state['gauss']),
        },
        'torch': torch.get_rng_state(),
        'cuda': torch.cuda.get_rng_state_all() if torch.cuda.is_available() else [],
    }


def restore_random_states(states: RandomStates) -> None:
    """Put the generators back into the states that :func:`random_states` returned.

    GPUs that are not here, or were not there, are left as they are.

    Args:
        states: the states.
    """
    python, numpy = states['python'], states['numpy']
    random.setstate((python['version'], tuple(python['numbers'].tolist()), python['gauss']))
    key = numpy['key'].numpy().astype(np.uint32)
    np.random.set_state(('MT19937', key, numpy['pos'], numpy['has_gauss'], numpy['gauss']))
    torch.set_rng_state(states['torch'].cpu())
    devices = range(min(len(states['cuda']), torch.cuda.device_count()))
    for device in devices:
        torch.cuda.set_rng_state(states['cuda'][device].cpu(), device)


@contextmanager
def random_states_kept() -> Iterator[None]:
    """Let what is done in the block draw random numbers without an effect on what comes after."""
    states = random_states()
    try:
        yield
    finally:
        restore_random_states(states)

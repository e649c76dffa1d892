"""Whether someone observes layers, who is to see each of them run on all that it is given."""

from torch import nn


def is_watched(module: nn.Module) -> bool:
    """Whether a hook waits for a module, or for a part of it, to run.

    Shortcuts that give the same result without running it are not for such a module.

    Args:
        module: the module.
    """
    return any(each._forward_hooks or each._forward_pre_hooks for each in module.modules())

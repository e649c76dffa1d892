"""Load weights into a network that they have to fit."""

from pathlib import Path

from torch import nn

from mmcv_patched.runner import load_file


def load_weights(model: nn.Module, path: str | Path) -> dict:
    """Load a checkpoint into ``model``; everything has to fit.

    Args:
        model: the network, on any device.
        path: the checkpoint file.

    Returns:
        the checkpoint's ``meta``.

    Raises:
        FileNotFoundError: if there is no such file.
        RuntimeError: if the file is broken.
        ValueError: if weights are missing, too many, or of other shapes.
    """
    checkpoint = load_file(str(path))
    weights = checkpoint.get('state_dict', checkpoint)
    weights = {key.removeprefix('module.'): value for key, value in weights.items()}
    for name, module in model.named_modules():
        if hasattr(module, 'adapt_state_dict'):
            module.adapt_state_dict(weights, f'{name}.')
    own = model.state_dict()
    reshaped = [key for key in own if key in weights and weights[key].shape != own[key].shape]
    fitting = {key: value for key, value in weights.items() if key not in reshaped}
    result = model.load_state_dict(fitting, strict=False)
    # Older torch did not save how many batches a normalisation has seen.
    optional = {*reshaped, *(key for key in own if key.endswith('num_batches_tracked'))}
    missing = [key for key in result.missing_keys if key not in optional]
    if missing or result.unexpected_keys or reshaped:
        shapes = [f'{k} {tuple(weights[k].shape)}, not {tuple(own[k].shape)}' for k in reshaped]
        raise ValueError(
            f'{path} holds the weights of another architecture than this '
            f'{type(model).__name__}: {_count("missing", missing)}, '
            f'{_count("unexpected", result.unexpected_keys)}, '
            f'{_count("of another shape", shapes)}. Give the config it was trained with'
        )
    return checkpoint.get('meta', {})


def _count(what: str, names: list[str], shown: int = 3) -> str:
    examples = f' ({"; ".join(names[:shown])}{"; ..." if len(names) > shown else ""})'
    return f'{len(names)} {what}{examples if names else ""}'

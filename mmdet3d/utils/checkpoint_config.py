"""The config that a checkpoint carries."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mmcv import Config
from mmcv.runner import CheckpointLoader

from mmcv_patched.runner import read_meta
from mmcv_patched.runner.saved_config import read_settings
from mmdet3d.utils.config import complete_config, load_config


def config_of_checkpoint(
    checkpoint: str | Path, options: Mapping[str, Any] | None = None
) -> Config:
    """Return the config that a network was trained with. It is data here: nothing is executed.

    Args:
        checkpoint: the file, or its address.
        options: values by dotted key, in place of what it says.

    Raises:
        FileNotFoundError: if there is no such file.
        RuntimeError: if the file is broken.
        ValueError: if it carries no config, or one that is more than data.
    """
    path = str(checkpoint)
    loaded = CheckpointLoader.load_checkpoint(path, map_location='cpu', logger='silent')
    text = read_meta(loaded if isinstance(loaded, dict) else {}).get('config')
    settings = read_settings(text, path)
    try:
        cfg = Config(settings, cfg_text=text, filename=path)
    except (KeyError, TypeError) as error:
        raise ValueError(
            f'the config in {path} cannot be one ({error}): give the config file too'
        ) from error
    if not isinstance(cfg.get('model'), Mapping) or not isinstance(cfg.get('data'), Mapping):
        raise ValueError(f'the config in {path} lacks model or data: give the config file too')
    return complete_config(cfg, options)


def find_config(
    path: str | Path | None, checkpoint: str | Path, options: Mapping[str, Any] | None = None
) -> Config:
    """Load a config file, or without one the config that a checkpoint carries.

    Args:
        path: the config file; None without.
        checkpoint: the checkpoint.
        options: see :func:`config_of_checkpoint`, as for the errors.
    """
    return load_config(path, options) if path else config_of_checkpoint(checkpoint, options)

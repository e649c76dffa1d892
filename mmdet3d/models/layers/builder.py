"""The registry of layers that configs name."""

from typing import Any

from mmcv.utils import Registry

LAYERS = Registry('layer')


def build_layer(cfg: dict, **arguments: Any) -> Any:
    """Build a layer from its config.

    Args:
        cfg: ``type`` and what else the config says.
        **arguments: what the network around the layer knows.

    Raises:
        KeyError: if ``type`` is not registered.
    """
    return LAYERS.build({**arguments, **cfg})

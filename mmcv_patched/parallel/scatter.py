"""Move a collated batch to a device."""

from typing import Any

import torch
from mmcv.parallel import DataContainer


def to_device(data: Any, device: torch.device) -> Any:
    """Unpack the DataContainers of a collated batch and move their tensors to ``device``.

    mmcv's own scatter asks torch for streams in a way that torch 2.1 and later refuse, and splits a
    batch over several GPUs of one process; here there is one device per process.

    Args:
        data: nested lists, tuples and dicts of tensors, DataContainers and other objects.
        device: where tensors go, but for those of containers marked ``cpu_only``.

    Returns:
        The same nesting without DataContainers.

    Raises:
        ValueError: if a container was collated for several devices.
    """
    if isinstance(data, DataContainer):
        content = _only_chunk(data)
        return content if data.cpu_only else to_device(content, device)
    if isinstance(data, torch.Tensor):
        return data.to(device, non_blocking=True)
    if isinstance(data, dict):
        return {key: to_device(value, device) for key, value in data.items()}
    if isinstance(data, (list, tuple)):
        return type(data)(to_device(value, device) for value in data)
    return data


def _only_chunk(container: DataContainer) -> Any:
    if len(container.data) != 1:
        raise ValueError(
            f'a batch was collated into {len(container.data)} chunks, but each process drives one '
            'device: build the data loader with num_gpus=1'
        )
    return container.data[0]

"""Unpack a collated batch and move it to a device."""

from typing import Any

import torch
from mmcv.parallel import DataContainer

from mmcv_patched.nested import map_leaves


class UnpackedBatch(dict):
    """A batch that is on its device already: :func:`to_device` hands it on as it is."""


def to_device(data: Any, device: torch.device) -> Any:
    """Unpack the DataContainers of a collated batch and move their tensors to ``device``.

    mmcv's own scatter asks torch for streams in a way that torch 2.1 and later refuse, and splits a
    batch over several GPUs of one process; here there is one device per process.

    Args:
        data: nested lists, tuples, dicts and data classes of tensors, DataContainers and other
            objects.
        device: where tensors go, but for those of containers marked ``cpu_only``.

    Returns:
        the same nesting, of the same types, without DataContainers.

    Raises:
        ValueError: if a container was collated for several devices.
    """

    def move(leaf: Any) -> Any:
        if isinstance(leaf, DataContainer):
            content = _only_chunk(leaf.data)
            return content if leaf.cpu_only else to_device(content, device)
        return leaf.to(device, non_blocking=True) if isinstance(leaf, torch.Tensor) else leaf

    return data if isinstance(data, UnpackedBatch) else map_leaves(move, data)


def unpack(batch: dict, device: torch.device) -> UnpackedBatch:
    """Do :func:`to_device` once for all who are given the batch.

    Args:
        batch: a collated batch, the arguments of a model by name.
        device: the device of these models.
    """
    return UnpackedBatch(to_device(batch, device))


def _only_chunk(chunks: list) -> Any:
    if len(chunks) != 1:
        raise ValueError(
            f'a batch was collated into {len(chunks)} chunks, but each process drives one '
            'device: build the data loader with num_gpus=1'
        )
    return chunks[0]

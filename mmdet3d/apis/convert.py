"""Convert checkpoints of before mmdetection3d v1.0."""

from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import mmcv
import torch
from torch import Tensor, nn

from mmcv_patched.download import hash_in_name
from mmcv_patched.full_disk import atomic_write, bytes_of_tensors
from mmcv_patched.runner import Origin, adapt_weights, find_misfit, load_fitting
from mmcv_patched.runner.saved_config import read_model_section
from mmdet3d.apis.class_names import check_checkpoint_classes, config_classes
from mmdet3d.apis.settings import format_config
from mmdet3d.models import Anchor3DHead, build_model
from mmdet3d.models.detectors import is_kd_weight
from mmdet3d.models.old_heads import HeadNotes, agrees_with_new, convert_head
from mmdet3d.utils.checkpoint import find_checkpoint, read_checkpoint
from mmdet3d.utils.writable import check_folder

# What belongs to the old training, and is not of the converted weights.
_LEFT_OUT = ('mmdet3d_version', 'places', 'hook_msgs')


def convert_checkpoint(
    cfg: mmcv.Config, checkpoint: str | Path, out: str | Path, force: bool = False
) -> list[str]:
    """Write a checkpoint of before mmdetection3d v1.0 anew, so that it predicts v1.0's boxes.

    The anchor heads' outputs and the sparse convolutions' weights change; the optimizer's state is
    left out. The config that the new checkpoint carries is ``cfg``.

    Args:
        cfg: a config of v1.0 for the network.
        checkpoint: the old checkpoint, a file or an address.
        out: where to write the new one.
        force: convert the boxes, as the config says, whatever the checkpoint says of itself.

    Returns:
        what was changed, and what the config has otherwise, one line each.

    Raises:
        OSError: if the checkpoint is not there, or the new one cannot be written.
        RuntimeError: if the checkpoint is broken.
        ValueError: if it is of another network than the config's or of v1.0 already, the network
            has no anchor head, or the name of the new one cannot be right.
    """
    path = find_checkpoint(checkpoint, 'checkpoint')
    _check_out(path, Path(out))
    model = _build(cfg)
    weights, meta = read_checkpoint(str(path))
    weights = {key: value for key, value in weights.items() if not is_kd_weight(key)}
    check_checkpoint_classes(str(path), meta.get('CLASSES'), config_classes(cfg))
    done, is_changed = _convert_layouts(model, weights, meta)
    misfit = find_misfit(model, weights)
    if any(misfit):
        raise ValueError(
            f'{path} holds the weights of another architecture than the '
            f'{type(model).__name__} of the config: {misfit}. Give the config it was trained with'
        )
    origin = {} if force else meta
    parts = dict(_convert_heads(model, weights, origin))
    if not parts and not is_changed:
        raise ValueError(
            f'{path} says that its boxes are of mmdetection3d v1.0, so that there is '
            'nothing to convert: use it as it is, or give --force if it is wrong'
        )
    done += [line for name, notes in parts.items() for line in _describe(name, notes)]
    load_fitting(model, weights)
    _write(Path(out), model, _new_meta(cfg, meta, path, parts))
    return done


def _check_out(path: Path, out: Path) -> None:
    if out.exists() and out.samefile(path):
        raise ValueError(f'{out} is the checkpoint that is to be converted: name another file')
    if hash_in_name(out.name):
        raise ValueError(
            f'{out.name} ends in the hash of another content, by which it would be refused: name '
            'it otherwise'
        )
    if out.is_dir():
        raise IsADirectoryError(f'{out} is a folder: name a file')
    check_folder(out.parent, '--out')


def _build(cfg: mmcv.Config) -> nn.Module:
    model_cfg = deepcopy(cfg.model)
    model_cfg.train_cfg = None
    model = build_model(model_cfg)
    if not any(_heads(model)):
        raise ValueError(
            f'the {type(model).__name__} of the config has no anchor head: before mmdetection3d '
            'v1.0 there were others, whose weights are not converted'
        )
    return model


def _heads(model: nn.Module) -> Iterator[tuple[str, Anchor3DHead]]:
    for name, module in model.named_modules():
        if isinstance(module, Anchor3DHead):
            yield name, module


def _convert_layouts(
    model: nn.Module, weights: dict[str, Tensor], meta: dict[str, Any]
) -> tuple[list[str], bool]:
    """Lay weights out as the network has them; say what was done, and whether any changed."""
    before = dict(weights)
    done = adapt_weights(model, weights, meta)
    changed = [key for key, value in weights.items() if value is not before[key]]
    if changed:
        done.append(f'{len(changed)} weights of spconv 1 are laid out as in spconv 2')
    return done, bool(changed)


def _convert_heads(
    model: nn.Module, weights: dict[str, Tensor], meta: dict[str, Any]
) -> Iterator[tuple[str, HeadNotes]]:
    for name, head in _heads(model):
        section = read_model_section(meta, name)
        origin = Origin('', meta, section, is_adapted=False)
        if not agrees_with_new(origin, head.anchor_generator.sizes):
            yield name, convert_head(weights, f'{name}.', head, section)


def _describe(name: str, notes: HeadNotes) -> Iterator[str]:
    yield f'{name}: its boxes are now (length, width, height), with a counter-clockwise yaw'
    if notes.anchor_generator is not None:
        yield (
            f'{name}: its anchors lie elsewhere than those of the config; they are kept in the '
            f'checkpoint: {notes.anchor_generator}'
        )
    if notes.direction_begins is not None:
        yield (
            f'{name}: its two directions begin elsewhere than at dir_offset of the config; where '
            f'is kept in the checkpoint: {notes.direction_begins}'
        )


def _new_meta(
    cfg: mmcv.Config, meta: dict[str, Any], path: Path, parts: dict[str, HeadNotes]
) -> dict[str, Any]:
    kept = {key: value for key, value in meta.items() if key not in _LEFT_OUT}
    noted = {name: notes.as_dict() for name, notes in parts.items()}
    return {
        **kept,
        'config': format_config(cfg),
        'converted': {'source': path.name, 'parts': noted},
    }


def _write(out: Path, model: nn.Module, meta: dict[str, Any]) -> None:
    content = {'meta': meta, 'state_dict': model.state_dict()}
    with atomic_write(out, lambda: bytes_of_tensors(content['state_dict'])) as file:
        torch.save(content, file)

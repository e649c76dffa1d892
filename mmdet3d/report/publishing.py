"""Make of a run's checkpoint the file that is handed on: the network, and what it is."""

import hashlib
import io
import re
from collections import OrderedDict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from mmcv_patched.full_disk import write_whole
from mmcv_patched.runner import load_file, read_meta, read_weights
from mmcv_patched.runner.saved_config import read_section
from mmcv_patched.runner.tensor_files import ENDING, encode_tensors
from mmdet3d.models.detectors import is_kd_weight
from mmdet3d.report.logs import Evaluation, Log, read_log
from mmdet3d.utils.checkpoint import find_checkpoint, require_finite
from mmdet3d.utils.writable import check_folder

# What of the ``meta`` says which network it is; the rest belongs to the run.
_KEPT = (
    'config', 'CLASSES', 'PALETTE', 'env_info', 'mmcv_version', 'mmdet_version', 'mmseg_version',
    'mmdet3d_version', 'epoch', 'iter', 'seed', 'exp_name', 'time', 'teacher', 'converted',
    'metrics', 'best_evaluation',
)  # fmt: skip
_MAIN_FIGURES = (
    'KITTI/Overall_3D_AP40_moderate', 'KITTI/Overall_3D_AP11_moderate', 'NuScenes/NDS',
    'NuScenes/mAP',
)  # fmt: skip


def publish_checkpoint(
    checkpoint: str | Path, prefix: str | Path, safetensors: bool = False
) -> list[Path]:
    """Write what a user of a trained network needs: its weights, and what is known of it.

    Left out are the optimizer, the states of random numbers and the layers that distillation alone
    needs. The name ends in the beginning of the content's SHA-256, by which it is checked wherever
    it is loaded as a teacher or fetched.

    Args:
        checkpoint: of a run of tools/train.py, a file or an address; the log beside it tells how
            it was evaluated.
        prefix: the name up to the hash, with or without '.pth'.
        safetensors: write the same as a ``.safetensors`` file too.

    Returns:
        the files.

    Raises:
        OSError: if the checkpoint is not there, or a file cannot be written.
        RuntimeError: if the checkpoint is broken.
        ValueError: if it holds no weights, or does not say by which config they are used.
        ImportError: with ``safetensors``, if that package is not installed.
    """
    path = find_checkpoint(checkpoint, 'checkpoint')
    stem = Path(prefix).with_name(re.sub(r'(\.pth|\.safetensors)$', '', Path(prefix).name))
    check_folder(stem.parent, 'OUT_PREFIX')
    saved = load_file(str(path))
    weights, meta = read_weights(saved, str(path)), read_meta(saved)
    require_finite(weights, str(path))
    if not isinstance(meta.get('config'), str):
        raise ValueError(
            f'{path} does not hold the config of its network (config in its meta), without which '
            'nobody can use it: publish a checkpoint that tools/train.py wrote'
        )
    published = _published_meta(meta, path, any(map(is_kd_weight, weights)))
    content = {'meta': published, 'state_dict': _network_weights(weights, saved)}
    buffer = io.BytesIO()
    torch.save(content, buffer)
    files = {'.pth': buffer.getvalue()}
    if safetensors:
        files[ENDING] = encode_tensors(content['state_dict'], published)
    return [_write(stem, ending, data) for ending, data in files.items()]


def _write(stem: Path, ending: str, content: bytes) -> Path:
    path = stem.with_name(f'{stem.name}-{hashlib.sha256(content).hexdigest()[:8]}{ending}')
    write_whole(path, content)
    return path


def _network_weights(weights: Mapping[str, Tensor], saved: Mapping[str, Any]) -> dict[str, Tensor]:
    """Return the weights without those of distillation, with the versions of their layouts."""
    # A part of a larger tensor would be saved with the whole of it.
    kept = ((key, value.clone()) for key, value in weights.items() if not is_kd_weight(key))
    network: Any = OrderedDict(kept)
    versions = getattr(saved.get('state_dict', saved), '_metadata', {})
    network._metadata = OrderedDict(
        (key, value) for key, value in versions.items() if not is_kd_weight(f'{key}.')
    )
    return network


def _published_meta(meta: Mapping[str, Any], path: Path, is_distilled: bool) -> dict[str, Any]:
    teacher = meta.get('teacher') or (read_section(meta, 'teacher') if is_distilled else None)
    told = {**meta, **_figures(meta, path), 'teacher': teacher and _names(teacher)}
    return {key: told[key] for key in _KEPT if told.get(key) is not None}


def _names(teacher: Mapping[str, Any]) -> dict[str, str]:
    """Name a teacher's files without the folders that they lie in here."""
    return {key: Path(value).name for key, value in teacher.items() if isinstance(value, str)}


def _figures(meta: Mapping[str, Any], path: Path) -> dict[str, Any]:
    """Return the evaluation of these weights, and the best one of their run, where they are known.

    Without a log, what the run noted of ``save_best`` is all that is known.
    """
    log = _log_beside(path)
    own = [each for each in log.evaluations if each.epoch == meta.get('epoch')]
    found: dict[str, Any] = {'metrics': own[-1].figures} if own else {}
    judged = [each for each in log.evaluations if _main_figure(each) is not None]
    if judged:
        best = max(judged, key=lambda each: _main_figure(each) or 0)
        return {**found, 'best_evaluation': {'epoch': best.epoch, 'metrics': best.figures}}
    notes = meta.get('hook_msgs') or {}
    if 'best_score' in notes:
        found['best_evaluation'] = {
            'score': float(notes['best_score']),
            'checkpoint': Path(notes.get('best_ckpt', '')).name,
        }
    return found


def _log_beside(path: Path) -> Log:
    has_log = any(path.parent.glob('*.log.json')) or any(path.parent.glob('*.log'))
    return read_log(path.parent) if has_log else Log()


def _main_figure(evaluation: Evaluation) -> float | None:
    values = [evaluation.figures[name] for name in _MAIN_FIGURES if name in evaluation.figures]
    return values[0] if values else None

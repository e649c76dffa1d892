"""Evaluation by the devkit, and its figures as mmdetection3d names them."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mmdet3d.datasets.nuscenes.classes import CLASSES
from mmdet3d.datasets.nuscenes.devkit import check_tables, open_tables, require_devkit

ERRORS = {
    'trans_err': 'mATE',
    'scale_err': 'mASE',
    'orient_err': 'mAOE',
    'vel_err': 'mAVE',
    'attr_err': 'mAAE',
}
# Metres between the middles of a match, as the task's configuration has them.
DISTANCES = (0.5, 1.0, 2.0, 4.0)


def check_devkit(root_path: str | Path, version: str, eval_version: str) -> None:
    """Refuse what the devkit could not evaluate with.

    Args:
        root_path: folder of the data set with its tables.
        version: of the tables.
        eval_version: name of the devkit's configuration.

    Raises:
        ImportError: if nuscenes-devkit is not installed.
        ValueError: if the version or the configuration does not exist.
        FileNotFoundError: if the tables are missing.
    """
    require_devkit()
    from mmdet3d.datasets.nuscenes.devkit_eval import read_config

    check_tables(root_path, version)
    read_config(eval_version)


def evaluate_file(
    result_path: str | Path,
    root_path: str | Path,
    version: str,
    sample_tokens: Sequence[str],
    eval_version: str,
) -> tuple[dict[str, Any], int]:
    """Let the devkit evaluate a result file.

    Args:
        result_path: the official JSON.
        root_path: folder of the data set with its tables.
        version: of the tables.
        sample_tokens: the samples to evaluate, each of which the file has.
        eval_version: name of the devkit's configuration.

    Returns:
        the devkit's ``metrics_summary``: ``mean_ap``, ``nd_score``, ``tp_errors``, ``label_aps``,
        ``mean_dist_aps``, ``label_tp_errors`` and more; and how many detections are farther away
        than their class is evaluated.

    Raises:
        ImportError: if nuscenes-devkit is not installed.
        ValueError: if the version or the configuration does not exist.
        FileNotFoundError: if the tables are missing.
    """
    tables = open_tables(root_path, version)
    from mmdet3d.datasets.nuscenes.devkit_eval import SampleEval

    evaluation = SampleEval(tables, result_path, sample_tokens, eval_version)
    metrics, _ = evaluation.evaluate()
    return metrics.serialize(), evaluation.too_far


def figure_rules_of(prefix: str) -> dict[str, str]:
    """Name the figures of :func:`figures_of` by what is better, NDS first.

    Args:
        prefix: such as ``'pts_bbox_NuScenes'``.
    """
    rules = {'NDS': 'greater', 'mAP': 'greater', **dict.fromkeys(ERRORS.values(), 'less')}
    for name in CLASSES:
        rules.update(dict.fromkeys((f'{name}_AP_dist_{each}' for each in DISTANCES), 'greater'))
        rules.update(dict.fromkeys((f'{name}_{key}' for key in ERRORS), 'less'))
    return {f'{prefix}/{name}': rule for name, rule in rules.items()}


def figures_of(summary: dict[str, Any], prefix: str) -> dict[str, float]:
    """Name the figures of a summary.

    Args:
        summary: of the devkit.
        prefix: such as ``'pts_bbox_NuScenes'``.

    Returns:
        ``{prefix}/mAP``, ``{prefix}/NDS``, the five mean errors such as ``{prefix}/mATE``; and for
        each class ``{prefix}/car_AP_dist_0.5`` and so on, and ``{prefix}/car_trans_err`` and so on.
    """
    figures: dict[str, float] = {}
    for name, aps in summary['label_aps'].items():
        figures.update((f'{prefix}/{name}_AP_dist_{key}', ap) for key, ap in aps.items())
        errors = summary['label_tp_errors'][name]
        figures.update((f'{prefix}/{name}_{key}', value) for key, value in errors.items())
    figures.update(
        (f'{prefix}/{ERRORS[key]}', value) for key, value in summary['tp_errors'].items()
    )
    return {**figures, f'{prefix}/NDS': summary['nd_score'], f'{prefix}/mAP': summary['mean_ap']}


def report(summary: dict[str, Any]) -> str:
    """Write a summary as a table, mean figures below."""
    columns = list(ERRORS)
    heads = ''.join(f'{ERRORS[key][1:]:>8}' for key in columns)
    lines = [f'{"class":<22}{"AP":>8}{heads}']
    for name, ap in summary['mean_dist_aps'].items():
        errors = summary['label_tp_errors'][name]
        cells = ''.join(f'{errors[key]:8.3f}' for key in columns)
        lines.append(f'{name:<22}{ap:8.4f}{cells}')
    means = ''.join(f'{summary["tp_errors"][key]:8.3f}' for key in columns)
    lines.append(f'{"mean":<22}{summary["mean_ap"]:8.4f}{means}')
    lines.append(f'mAP: {summary["mean_ap"]:.4f}  NDS: {summary["nd_score"]:.4f}')
    return '\n'.join(lines)

"""Collect the results of a campaign, and write the report on them."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from mmcv import Config

from mmcv_patched.full_disk import atomic_write
from mmdet3d.report.gain.arms import TEACHER
from mmdet3d.report.gain.campaign import Campaign
from mmdet3d.report.gain.measures import measure_of
from mmdet3d.report.gain.places import Places
from mmdet3d.report.gain.plot import draw_gains
from mmdet3d.report.gain.results import Results, read_figures, write_json
from mmdet3d.report.gain.tables import format_report, format_results


def summarise(cfg: Config, figures: Path) -> dict[str, float]:
    """Return the figures to compare, by title, of what a test found.

    Args:
        cfg: the config that was tested.
        figures: the file of ``tools/test.py --figures``.

    Raises:
        ValueError: if that is malformed.
    """
    test = cfg.data.test
    classes = test.get('classes') or cfg.get('class_names')
    return measure_of(test.type).summarise(read_figures(figures), classes)


def collect_results(
    campaign: Campaign, configs: Mapping[str, Config], places: Places, seeds: Sequence[int]
) -> Results:
    """Read the figures of all trainings that are done.

    Args:
        campaign: what its file says.
        configs: of the teacher and of each arm.
        places: where the files are.
        seeds: those that count.
    """
    runs = {
        arm: {
            seed: summarise(configs[arm], places.figures(arm, seed))
            for seed in seeds
            if places.figures(arm, seed).exists()
        }
        for arm in campaign.arms
    }
    return Results(
        campaign.name,
        campaign.baseline,
        {arm: found for arm, found in runs.items() if found},
        summarise(configs[TEACHER], places.teacher_figures),
    )


def write_report(results: Results, out: Path) -> str:
    """Write ``gain.md``, ``gain.json`` and ``gain.png`` into a folder, and return the tables."""
    with atomic_write(out / 'gain.md') as file:
        file.write(format_report(results).encode())
    write_json(results, out / 'gain.json')
    draw_gains(results, out / 'gain.png')
    return format_results(results)

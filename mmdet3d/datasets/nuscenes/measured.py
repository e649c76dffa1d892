"""What nuScenes measures detections by, and the file it takes them in."""

import os.path as osp
import tempfile
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from typing import Any

from mmcv.utils import print_log

from mmdet3d.datasets.custom_3d import Custom3DDataset
from mmdet3d.datasets.evaluation_checks import refuse_screen
from mmdet3d.datasets.left_out import report_left_out
from mmdet3d.datasets.nuscenes.classes import CLASSES
from mmdet3d.datasets.nuscenes.evaluation import (
    ERRORS,
    check_devkit,
    evaluate_file,
    figure_rules_of,
    figures_of,
    report,
)
from mmdet3d.datasets.nuscenes.results import count_left_out, sample_results, write_results
from mmdet3d.datasets.pictures import draw_frames
from mmdet3d.datasets.table_columns import TableColumn

MODALITY = {
    'use_camera': False,
    'use_lidar': True,
    'use_radar': False,
    'use_map': False,
    'use_external': False,
}
RESULT_NAME = 'pts_bbox'
_TOO_FAR = 'are farther away than their class is evaluated (30 to 50 m)'
_CAUSES = {_TOO_FAR: 'is the range of the detector wider than the task, or its frame another one?'}


class NuScenesEvaluation(Custom3DDataset):
    """The half of :class:`NuScenesDataset` that detections go to."""

    METRICS = ('bbox', 'mAP', 'NDS', 'pts_bbox')

    metadata: dict[str, Any]
    version: str
    eval_version: str

    def format_results(
        self,
        results: list[dict[str, Any]],
        jsonfile_prefix: str | None = None,
        submission_prefix: str | None = None,
    ) -> tuple[str, tempfile.TemporaryDirectory | None]:
        """Write detections as the official JSON, which the benchmark's server and devkit read.

        Args:
            results: per frame ``boxes_3d``, ``scores_3d`` and ``labels_3d``, or such a dict under
                ``pts_bbox``.
            jsonfile_prefix: folder to write ``pts_bbox/results_nusc.json`` to.
            submission_prefix: the same, under the name that ``tools/test.py`` uses.

        Returns:
            the file, and the temporary folder it is in where no prefix is given.

        Raises:
            ValueError: if there is not one result per frame.
        """
        if len(results) != len(self):
            raise ValueError(f'{len(results)} results for {len(self)} frames; expected one each')
        temporary = None
        folder = jsonfile_prefix or submission_prefix
        if folder is None:
            temporary = tempfile.TemporaryDirectory()
            folder = temporary.name
        path = osp.join(folder, RESULT_NAME, 'results_nusc.json')
        records = {
            info['token']: sample_results(_detections(result), info, self.CLASSES)
            for result, info in zip(results, self.data_infos)
        }
        write_results(path, records, {key: bool(self.modality[key]) for key in MODALITY})
        return path, temporary

    def evaluate(
        self,
        results: list[dict[str, Any]],
        metric: str | list[str] | None = 'bbox',
        logger: Any = None,
        jsonfile_prefix: str | None = None,
        show: bool = False,
        out_dir: str | None = None,
        pipeline: Sequence[dict] | None = None,
    ) -> dict[str, float]:
        """Evaluate detections by the devkit, on the frames of this data set, and log its table.

        Args:
            results: per frame ``boxes_3d``, ``scores_3d`` and ``labels_3d``.
            metric: any of ``METRICS``; the task is one whole: mAP, NDS and the mean errors.
            logger: where the table goes, see ``mmcv.utils.print_log``.
            jsonfile_prefix: see :meth:`format_results`.
            show: must be False: pictures are only written, see ``out_dir``.
            out_dir: folder to write pictures of the frames to.
            pipeline: steps that load a frame's points for its picture.

        Returns:
            figures such as ``pts_bbox_NuScenes/mAP``, see
            :func:`mmdet3d.datasets.nuscenes.figures_of`.

        Raises:
            ImportError: if nuscenes-devkit is not installed.
            KeyError: if the frames have no annotations.
            FileNotFoundError: if ``data_root`` has no tables.
            ValueError: if there is not one result per frame, or for what :meth:`check_evaluation`
                refuses.
        """
        self.check_evaluation(metric, jsonfile_prefix=jsonfile_prefix, show=show, out_dir=out_dir)
        tokens = [self._annos(index)['token'] for index in range(len(self))]
        counts = sum(map(count_left_out, map(_detections, results)), Counter())
        total = sum(len(_detections(result)['scores_3d']) for result in results)
        with ExitStack() as stack:
            path, temporary = self.format_results(results, jsonfile_prefix)
            if temporary is not None:
                stack.enter_context(temporary)
            summary, too_far = evaluate_file(
                path, self.data_root, self.version, tokens, self.eval_version
            )
        report_left_out(counts + Counter({_TOO_FAR: too_far}), total, logger, _CAUSES)
        self._report_absent(logger)
        print_log('\n' + report(summary), logger)
        if out_dir is not None:
            self.show(results, out_dir, pipeline=pipeline)
        return figures_of(summary, f'{RESULT_NAME}_NuScenes')

    def _report_absent(self, logger: Any) -> None:
        absent = [name for name in CLASSES if name not in self.CLASSES]
        if absent:
            print_log(
                f'mAP and NDS are over all ten classes of the task: those that the detector does '
                f'not know count as never found: {", ".join(absent)}',
                logger,
            )

    def check_evaluation(self, metric: str | Sequence[str] | None = None, **options: Any) -> None:
        """Refuse what :meth:`evaluate` would fail on; see :class:`Custom3DDataset`.

        Raises:
            ImportError: if nuscenes-devkit is not installed.
            FileNotFoundError: if ``data_root`` has no tables.
            ValueError: if the devkit has no evaluation ``eval_version``, too.
        """
        super().check_evaluation(metric, **options)
        check_devkit(self.data_root, self.version, self.eval_version)

    def figure_rules(self, branch: str = '') -> dict[str, str]:
        """Name all figures by what is better, NDS first; see :class:`Custom3DDataset`."""
        return figure_rules_of(f'{RESULT_NAME}_NuScenes')

    def show(
        self,
        results: list[dict[str, Any]],
        out_dir: str,
        show: bool = False,
        pipeline: Sequence[dict] | None = None,
    ) -> None:
        """Draw every frame from above with its detections, and its ground truth if it is known.

        Args:
            results: per frame ``boxes_3d``, ``scores_3d`` and ``labels_3d``.
            out_dir: folder the pictures are written to, named by the samples' tokens.
            show: must be False.
            pipeline: steps that load a frame's points; None reads the key frame alone.

        Raises:
            ValueError: if ``show`` is on.
        """
        refuse_screen(show)
        draw_frames(self, results, out_dir, pipeline)

    def table_columns(self) -> list[TableColumn]:
        """List mAP, NDS and the five mean errors, as the devkit gives them."""
        return [
            TableColumn(name, (f'{RESULT_NAME}_NuScenes/{name}',), '.3f')
            for name in ('mAP', 'NDS', *ERRORS.values())
        ]


def _detections(result: dict[str, Any]) -> dict[str, Any]:
    return result.get(RESULT_NAME, result)

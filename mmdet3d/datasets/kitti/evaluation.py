"""What KITTI measures detections by, and the files it takes them in."""

import math
import os.path as osp
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from mmcv.utils import print_log

from mmdet3d.core.evaluation import (
    METRICS,
    check_truth,
    class_names,
    figure_name,
    figure_names,
    kitti_eval,
    mean_name,
    read_overlaps,
)
from mmdet3d.datasets.custom_3d import Custom3DDataset
from mmdet3d.datasets.evaluation_checks import refuse_screen
from mmdet3d.datasets.files import dump_pickle
from mmdet3d.datasets.kitti.frame_ids import stem_of
from mmdet3d.datasets.kitti.labels import write_label
from mmdet3d.datasets.kitti.load_infos import check_evaluated
from mmdet3d.datasets.kitti.results import (
    has_image_boxes,
    kitti_anno,
    report_invisible,
    visible_detections,
)
from mmdet3d.datasets.pictures import draw_frames
from mmdet3d.datasets.ranges import check_range
from mmdet3d.datasets.table_columns import TableColumn

_BRANCH = 'pts_bbox'


class KittiEvaluation(Custom3DDataset):
    """The half of :class:`KittiDataset` that detections go to.

    Args:
        pcd_limit_range: (x_min, y_min, z_min, x_max, y_max, z_max) in metres; detections whose
            bottom centre is outside are not reported. None takes the range of the detector where
            that is known (``detection_range``), open below, as the bottom of a box may lie deeper
            than its points.
        min_overlaps: least overlaps of a match, for classes of one's own or instead of KITTI's; for
            the name of a class one number, or two: strict, loose.
        kwargs: arguments of :class:`Custom3DDataset`.

    Raises:
        ValueError: if one of the two is not what it can be.
    """

    METRICS = ('mAP', 'bbox', 'img_bbox', 'pts_bbox', 'bev', '3d')

    def __init__(
        self,
        *,
        pcd_limit_range: Sequence[float] | None = None,
        min_overlaps: Mapping[str, float | Sequence[float]] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if pcd_limit_range is not None:
            check_range(pcd_limit_range, 'pcd_limit_range')
        read_overlaps(min_overlaps, class_names(self.CLASSES))
        self.pcd_limit_range = pcd_limit_range
        self.min_overlaps = min_overlaps

    def reported_range(self) -> Sequence[float] | None:
        """Return the range outside of which detections are not reported; None without one."""
        if self.pcd_limit_range is not None or self.detection_range is None:
            return self.pcd_limit_range
        x_min, y_min, _, *upper = self.detection_range
        return x_min, y_min, -math.inf, *upper

    def has_camera(self) -> bool:
        """Tell whether objects are annotated in an image; True where nothing is known of objects.

        Data without any box in an image come from another sensor, with a calibration made up.
        """
        return has_image_boxes([info['annos'] for info in self.data_infos if 'annos' in info])

    def format_results(
        self,
        outputs: list[dict[str, Any]],
        pklfile_prefix: str | None = None,
        submission_prefix: str | None = None,
    ) -> tuple[list[dict] | dict[str, list[dict]], None]:
        """Turn detections into KITTI annotations, and write them where a prefix says so.

        Args:
            outputs: per frame ``boxes_3d``, ``scores_3d`` and ``labels_3d``, or such a dict under
                ``pts_bbox``.
            pklfile_prefix: path of a pickle of all annotations, without ``.pkl``.
            submission_prefix: folder for one label file per frame.

        Returns:
            the annotations of every frame (under ``pts_bbox`` where the outputs are), and None:
            mmdetection3d returns a temporary folder here, which is not needed.

        Raises:
            ValueError: if there is not one output per frame.
        """
        found, branch = _without_branch(outputs)
        annos = self._write_results(found, branch, pklfile_prefix, submission_prefix)
        return {branch: annos} if branch else annos, None

    def _write_results(
        self,
        outputs: list[dict[str, Any]],
        branch: str,
        pklfile_prefix: str | None,
        submission_prefix: str | None,
        logger: Any = None,
    ) -> list[dict[str, np.ndarray]]:
        if branch:
            pklfile_prefix = pklfile_prefix and f'{pklfile_prefix}{branch}'
            submission_prefix = submission_prefix and f'{submission_prefix}_{branch}'
        return self.bbox2result_kitti(
            outputs, self.CLASSES, pklfile_prefix, submission_prefix, logger
        )

    def bbox2result_kitti(
        self,
        net_outputs: list[dict[str, Any]],
        class_names: Sequence[str],
        pklfile_prefix: str | None = None,
        submission_prefix: str | None = None,
        logger: Any = None,
    ) -> list[dict[str, np.ndarray]]:
        """Turn the detections of all frames into KITTI annotations.

        Args:
            net_outputs: per frame ``boxes_3d``, ``scores_3d`` and ``labels_3d``.
            class_names: names of the classes, in label order.
            pklfile_prefix: path of a pickle of all annotations, without ``.pkl``.
            submission_prefix: folder for one label file per frame, as the benchmark's server and
                its devkit read them.
            logger: where it is said how many detections were left out.

        Returns:
            the annotations, see :func:`mmdet3d.datasets.kitti.results.kitti_anno`.

        Raises:
            ValueError: if there is not one output per frame.
        """
        if len(net_outputs) != len(self):
            raise ValueError(
                f'{len(net_outputs)} results for {len(self)} frames; expected one each'
            )
        limits, in_camera = self.reported_range(), self.has_camera()
        visible = [
            visible_detections(output, info, limits, in_camera)
            for output, info in zip(net_outputs, self.data_infos)
        ]
        total = sum(len(output['scores_3d']) for output in net_outputs)
        report_invisible(visible, total, limits, logger)
        annos = [
            kitti_anno(each, class_names, info['image']['image_shape'])
            for each, info in zip(visible, self.data_infos)
        ]
        if submission_prefix is not None:
            for anno, info in zip(annos, self.data_infos):
                name = f'{stem_of(info)}.txt'
                # Truncation and occlusion are not detected, and zeros would say that they were.
                columns = {k: v for k, v in anno.items() if k not in ('truncated', 'occluded')}
                write_label(osp.join(submission_prefix, name), columns)
        if pklfile_prefix is not None:
            is_named = pklfile_prefix.endswith(('.pkl', '.pickle'))
            dump_pickle(pklfile_prefix if is_named else f'{pklfile_prefix}.pkl', annos)
        return annos

    def convert_valid_bboxes(
        self, box_dict: dict[str, Any], info: dict[str, Any]
    ) -> dict[str, Any]:
        """Keep the detections that are in the image, if there is one, and in the reported range.

        See :func:`mmdet3d.datasets.kitti.results.visible_detections`.
        """
        return visible_detections(box_dict, info, self.reported_range(), self.has_camera())

    def check_evaluation(self, metric: str | Sequence[str] | None = None, **options: Any) -> None:
        """Refuse what :meth:`evaluate` would fail on; see :class:`Custom3DDataset`.

        Raises:
            ValueError: if an annotation is malformed, too, or a class's name cannot stand in a
                label file that is asked for.
        """
        super().check_evaluation(metric, **options)
        truth = [self._annos(index) for index in range(len(self))]
        check_evaluated(self.ann_file, truth)
        check_truth(truth)
        self._check_names(options)

    def check_format(self, **options: Any) -> None:
        """Refuse what :meth:`format_results` would fail on; see :class:`Custom3DDataset`.

        Raises:
            ValueError: if a class's name cannot stand in a label file that is asked for, too.
        """
        super().check_format(**options)
        self._check_names(options)

    def _check_names(self, options: Mapping[str, Any]) -> None:
        spaced = [name for name in self.CLASSES if len(name.split()) != 1]
        if spaced and options.get('submission_prefix') is not None:
            raise ValueError(
                f'submission_prefix={options["submission_prefix"]!r}: the classes {spaced} cannot '
                'stand in label files, whose columns are parted by spaces; rename them, or write '
                'pklfile_prefix'
            )

    def evaluate(
        self,
        results: list[dict[str, Any]],
        metric: str | list[str] | None = None,
        logger: Any = None,
        pklfile_prefix: str | None = None,
        submission_prefix: str | None = None,
        show: bool = False,
        out_dir: str | None = None,
        pipeline: Sequence[dict] | None = None,
    ) -> dict[str, float]:
        """Evaluate detections by KITTI's object benchmark, and log its tables.

        Where no object has a box in an image, image boxes are not evaluated.

        Args:
            results: per frame ``boxes_3d``, ``scores_3d`` and ``labels_3d``.
            metric: any of ``METRICS``; the benchmark is one whole: image, bird's-eye-view and 3D
                boxes.
            logger: where the tables go, see ``mmcv.utils.print_log``.
            pklfile_prefix: see :meth:`format_results`.
            submission_prefix: see :meth:`format_results`.
            show: must be False: pictures are only written, see ``out_dir``.
            out_dir: folder to write pictures of the frames to, see :meth:`show`.
            pipeline: see :meth:`show`.

        Returns:
            average precisions in percent, such as ``KITTI/Car_3D_AP40_moderate_strict``, or
            ``pts_bbox/KITTI/...`` where the detector reports ``pts_bbox``.

        Raises:
            KeyError: if the frames have no annotations.
            ValueError: if there is not one result per frame, or for what :meth:`check_evaluation`
                refuses.
            OSError: if one of the places cannot be written to.
        """
        self.check_evaluation(
            metric,
            **dict(pklfile_prefix=pklfile_prefix, submission_prefix=submission_prefix),
            **dict(show=show, out_dir=out_dir),
        )
        found, branch = _without_branch(results)
        annos = self._write_results(found, branch, pklfile_prefix, submission_prefix, logger)
        truth = [self._annos(index) for index in range(len(self))]
        text, scores = kitti_eval(truth, annos, self.CLASSES, self._eval_types(), self.min_overlaps)
        print_log(f'\nResults of {branch}:{text}' if branch else f'\n{text}', logger)
        if out_dir is not None:
            self.show(results, out_dir, pipeline=pipeline)
        return {_with_branch(name, branch): score for name, score in scores.items()}

    def _eval_types(self) -> tuple[str, ...]:
        return METRICS if self.has_camera() else METRICS[1:]

    def figure_rules(self, branch: str = '') -> dict[str, str]:
        """Name all average precisions, of which more is better; see :class:`Custom3DDataset`.

        The main one is the mean over the classes, or the one class's, in 3D, at 40 recalls,
        moderate, strict.
        """
        names = class_names(self.CLASSES)
        main = mean_name('3d', 'AP40', 'moderate')
        if len(names) == 1:
            main = figure_name(names[0], '3d', 'AP40', 'moderate', 'strict')
        figures = [main, *figure_names(names, self._eval_types())]
        return {_with_branch(name, branch): 'greater' for name in figures}

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
            out_dir: folder the pictures are written to, such as ``000008.png``.
            show: must be False.
            pipeline: steps that load a frame's points; None reads them as they are on disk.

        Raises:
            ValueError: if ``show`` is on.
        """
        refuse_screen(show)
        draw_frames(self, results, out_dir, pipeline)

    def table_columns(self) -> list[TableColumn]:
        """List AP in BEV and 3D of each class and their means: 40 recalls, moderate, strict."""
        names = class_names(self.CLASSES)
        figures = {
            view: tuple(
                figure_name(each, view.lower(), 'AP40', 'moderate', 'strict') for each in names
            )
            for view in ('BEV', '3D')
        }
        return [
            TableColumn(f'{name} {view}', (figure,))
            for view, of_classes in figures.items()
            for name, figure in zip(names, of_classes)
        ] + [TableColumn(f'mean {view}', of_classes) for view, of_classes in figures.items()]


def _without_branch(outputs: list[dict[str, Any]]) -> tuple[list[dict[str, Any]], str]:
    """Take detections out of the branch of the detector that they are under, if any."""
    if outputs and _BRANCH in outputs[0]:
        return [output[_BRANCH] for output in outputs], _BRANCH
    return outputs, ''


def _with_branch(name: str, branch: str) -> str:
    return f'{branch}/{name}' if branch else name

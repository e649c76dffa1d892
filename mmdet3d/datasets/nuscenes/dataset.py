"""nuScenes' detection data set."""

import os.path as osp
import tempfile
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
from mmcv.utils import print_log

from mmdet3d.core.bbox import Box3DMode
from mmdet3d.datasets.builder import DATASETS
from mmdet3d.datasets.custom_3d import Custom3DDataset
from mmdet3d.datasets.nuscenes.classes import CLASSES
from mmdet3d.datasets.nuscenes.evaluation import ERRORS, evaluate_file, figures_of, report
from mmdet3d.datasets.nuscenes.load_infos import load_nuscenes_infos
from mmdet3d.datasets.nuscenes.results import sample_results, write_results
from mmdet3d.datasets.object_numbers import known_velocities
from mmdet3d.datasets.paths import with_slashes
from mmdet3d.datasets.pictures import draw_frames, refuse_screen
from mmdet3d.datasets.table_columns import TableColumn

_MODALITY = {
    'use_camera': False,
    'use_lidar': True,
    'use_radar': False,
    'use_map': False,
    'use_external': False,
}
_RESULT_NAME = 'pts_bbox'


@DATASETS.register_module()
class NuScenesDataset(Custom3DDataset):
    """Samples of nuScenes, listed in an info file of ``create_data.py`` or of mmdetection3d.

    Frames are in the order of their timestamps. Info files of mmdetection3d before v1.0 are
    recognised by their wide cars, and their boxes converted.

    Args:
        ann_file: ``nuscenes_infos_*.pkl``.
        pipeline: configs of the steps a frame goes through.
        data_root: folder of the data set. Files that are not where the info file says are looked
            for below it; the evaluation reads the tables from it.
        classes: names of the classes to train, in label order, out of the ten of the task.
        load_interval: take every so many-th frame.
        with_velocity: give boxes of 9 columns, the last two their velocity in m/s.
        modality: which sensors and data are used, for the result file; cameras are not supported.
        box_type_3d: ``'LiDAR'``.
        filter_empty_gt: in training, put another frame in the place of one without any object.
        test_mode: give no annotations.
        eval_version: name of the devkit's evaluation.
        use_valid_flag: train objects that LiDAR or radar sees, rather than those with LiDAR points.
        kwargs: further arguments of :class:`Custom3DDataset`.

    Raises:
        FileNotFoundError: if the info file does not exist.
        ValueError: if ``ann_file`` is no info file of nuScenes, a class is not one of the task, or
            another argument is not supported.
    """

    CLASSES = CLASSES
    TRUTH_KEY = 'gt_boxes'
    POINT_COLUMNS = 5
    VIEW = (-50, -50, 50, 50)

    def __init__(
        self,
        ann_file: str,
        pipeline: Sequence[dict] | None = None,
        data_root: str | None = None,
        classes: Sequence[str] | str | None = None,
        load_interval: int = 1,
        with_velocity: bool = True,
        modality: dict | None = None,
        box_type_3d: str = 'LiDAR',
        filter_empty_gt: bool = True,
        test_mode: bool = False,
        eval_version: str = 'detection_cvpr_2019',
        use_valid_flag: bool = False,
        **kwargs: Any,
    ) -> None:
        if load_interval < 1:
            raise ValueError(f'load_interval is {load_interval}; expected 1 or more')
        self.load_interval = load_interval
        self.with_velocity = with_velocity
        self.eval_version = eval_version
        self.use_valid_flag = use_valid_flag
        super().__init__(
            data_root=data_root or '',
            ann_file=ann_file,
            pipeline=pipeline,
            classes=classes,
            modality={**_MODALITY, **(modality or {})},
            box_type_3d=box_type_3d,
            filter_empty_gt=filter_empty_gt,
            test_mode=test_mode,
            **kwargs,
        )
        if self.box_mode_3d != Box3DMode.LIDAR:
            raise ValueError(f"box_type_3d is {box_type_3d!r}; nuScenes has boxes for 'LiDAR' only")

    @classmethod
    def get_classes(cls, classes: Sequence[str] | str | None = None) -> Sequence[str]:
        """Names of the classes to use, see :meth:`Custom3DDataset.get_classes`.

        Raises:
            ValueError: if one is not a class of nuScenes' detection task.
        """
        names = super().get_classes(classes)
        unknown = [name for name in names if name not in CLASSES]
        if unknown:
            raise ValueError(
                f'classes names {unknown}, which nuScenes does not have; its classes are '
                f'{", ".join(CLASSES)}'
            )
        return names

    def load_annotations(self, ann_file: str) -> list[dict[str, Any]]:
        """Read the info file.

        Raises:
            FileNotFoundError: if it does not exist.
            DataFormatError: if it is no info file of nuScenes, or malformed.
        """
        needed = ['valid_flag' if self.use_valid_flag else 'num_lidar_pts']
        needed += ['gt_velocity'] * self.with_velocity
        self.metadata, infos = load_nuscenes_infos(ann_file, () if self.test_mode else needed)
        self.version = self.metadata['version']
        return infos[:: self.load_interval]

    def get_data_info(self, index: int) -> dict[str, Any]:
        """What the pipeline starts from.

        Returns:
            ``sample_idx`` (the sample's token), ``pts_filename``, ``sweeps``, ``timestamp`` in
            seconds and, unless in test mode, ``ann_info``.
        """
        info = self.data_infos[index]
        data = {
            'sample_idx': info['token'],
            'pts_filename': self._find(info['lidar_path']),
            'sweeps': [
                {**sweep, 'data_path': self._find(sweep['data_path'])} for sweep in info['sweeps']
            ],
            'timestamp': info['timestamp'] / 1e6,
        }
        if not self.test_mode:
            data['ann_info'] = self.get_ann_info(index)
        return data

    def _find(self, path: str) -> str:
        """Where a cloud is: as the info file says, or else at the same place below data_root."""
        path = with_slashes(path)
        if osp.isfile(path) or not self.data_root:
            return path
        return osp.join(self.data_root, *Path(path).parts[-3:])

    def object_names(self, index: int) -> Iterable[str] | None:
        """Class names of a frame's objects."""
        return self._annos(index)['gt_names']

    def _annos(self, index: int) -> dict[str, Any]:
        info = self.data_infos[index]
        if not self.has_truth(index):
            raise KeyError(
                f"frame {index} of {self.ann_file} has no 'gt_boxes': it belongs to a split "
                'without labels, which can be tested (test_mode=True, --format-only) but neither '
                'trained on nor evaluated'
            )
        return info

    def _kept(self, annos: dict[str, Any]) -> np.ndarray:
        """Tell which of N objects are to be learnt, (N,) bool."""
        if self.use_valid_flag:
            return np.asarray(annos['valid_flag'], dtype=bool)
        return np.asarray(annos['num_lidar_pts']) > 0

    def get_ann_info(self, index: int) -> dict[str, Any]:
        """Annotations of the objects of a frame that were seen.

        Returns:
            ``gt_bboxes_3d`` (N boxes of 9 columns, or 7 without velocity; velocities that are not
            known are 0), ``gt_labels_3d`` (N,) int64, -1 for classes that are not trained, and
            ``gt_names`` (N,).

        Raises:
            KeyError: if the info file has no annotations.
        """
        annos = self._annos(index)
        kept = self._kept(annos)
        boxes = np.reshape(annos['gt_boxes'], (-1, 7))[kept]
        names = np.asarray(annos['gt_names'])[kept]
        if self.with_velocity:
            velocity = known_velocities(np.reshape(annos['gt_velocity'], (-1, 2))[kept])
            boxes = np.concatenate([boxes, velocity], axis=1)
        boxes = boxes.astype(np.float32)
        return {
            'gt_bboxes_3d': self.box_type_3d(boxes, box_dim=boxes.shape[1], origin=(0.5, 0.5, 0.5)),
            'gt_labels_3d': self._labels_of(names),
            'gt_names': names,
        }

    def get_cat_ids(self, idx: int) -> list[int]:
        """Labels of the trained classes in a frame."""
        annos = self._annos(idx)
        names = set(np.asarray(annos['gt_names'])[self._kept(annos)])
        return sorted(self.cat2id[name] for name in names if name in self.cat2id)

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
        path = osp.join(folder, _RESULT_NAME, 'results_nusc.json')
        records = {
            info['token']: sample_results(result.get(_RESULT_NAME, result), info, self.CLASSES)
            for result, info in zip(results, self.data_infos)
        }
        write_results(path, records, {key: bool(self.modality[key]) for key in _MODALITY})
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
            metric: any name, as the task has one: mAP, NDS and the five true positive errors.
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
            ValueError: if there is not one result per frame, or ``show`` is on.
        """
        refuse_screen(show)
        tokens = [self._annos(index)['token'] for index in range(len(self))]
        with ExitStack() as stack:
            path, temporary = self.format_results(results, jsonfile_prefix)
            if temporary is not None:
                stack.enter_context(temporary)
            summary = evaluate_file(path, self.data_root, self.version, tokens, self.eval_version)
        print_log('\n' + report(summary), logger)
        if out_dir is not None:
            self.show(results, out_dir, pipeline=pipeline)
        return figures_of(summary, f'{_RESULT_NAME}_NuScenes')

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
            TableColumn(name, (f'{_RESULT_NAME}_NuScenes/{name}',), '.3f')
            for name in ('mAP', 'NDS', *ERRORS.values())
        ]

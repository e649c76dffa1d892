"""nuScenes' detection data set."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from mmdet3d.core.bbox import Box3DMode
from mmdet3d.core.visualizer import CameraView
from mmdet3d.datasets.builder import DATASETS
from mmdet3d.datasets.nuscenes.cameras import camera_views
from mmdet3d.datasets.nuscenes.classes import CLASSES
from mmdet3d.datasets.nuscenes.load_infos import load_nuscenes_infos
from mmdet3d.datasets.nuscenes.measured import MODALITY, NuScenesEvaluation
from mmdet3d.datasets.nuscenes.teacher_labels import nuscenes_info
from mmdet3d.datasets.object_numbers import known_velocities
from mmdet3d.datasets.paths import locate_from_here, with_slashes
from mmdet3d.datasets.teacher_detections import TeacherLabels
from mmdet3d.datasets.teacher_labels import IGNORED, detector_boxes, object_weights, with_weights

# Parts of a cloud's path below the folder of the data set, as samples/LIDAR_TOP/0.pcd.bin.
_DEPTH = 3


@DATASETS.register_module()
class NuScenesDataset(NuScenesEvaluation):
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
    LEARNS_UNSEEN = False

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
            modality={**MODALITY, **(modality or {})},
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

    def cameras(self, index: int) -> list[CameraView]:
        """The cameras of a sample, those in front first, whether their images are there or not."""
        return camera_views(self.data_infos[index], self._find)

    def _find(self, path: str) -> str:
        """Where a cloud is: as the info file says, or else at the same place below data_root."""
        if not self.data_root:
            return with_slashes(path)
        return locate_from_here(path, self.data_root, _DEPTH, self.ann_file, self.absolute_paths)

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
        seen = (
            annos['valid_flag'] if self.use_valid_flag else np.asarray(annos['num_lidar_pts']) > 0
        )
        # A region that is neither object nor background counts without points too.
        return np.asarray(seen, dtype=bool) | _ignored(annos)

    def get_ann_info(self, index: int) -> dict[str, Any]:
        """Annotations of the objects of a frame that were seen.

        Returns:
            ``gt_bboxes_3d`` (N boxes of 9 columns, or 7 without velocity; velocities that are not
            known are 0), ``gt_labels_3d`` (N,) int64, -1 for classes that are not trained, and
            ``gt_names`` (N,); of a frame that a teacher labelled ``gt_weights_3d`` (N,) float32, 0
            for what is to be ignored.

        Raises:
            KeyError: if the info file has no annotations.
        """
        annos = self._annos(index)
        kept = self._kept(annos)
        names = np.asarray(annos['gt_names'])[kept]
        info = {
            'gt_bboxes_3d': self._boxes(annos, kept),
            'gt_labels_3d': self._labels_of(names),
            'gt_names': names,
        }
        weights = object_weights(annos, self.weigh_by_score)
        return with_weights(info, None if weights is None else weights[kept])

    def _boxes(self, annos: dict[str, Any], kept: np.ndarray) -> Any:
        """The boxes to learn: those of the detector that labelled the frame, if one did."""
        detected = detector_boxes(annos)
        origin = (0.5, 0.5, 0.5) if detected is None else (0.5, 0.5, 0)
        boxes = np.reshape(annos['gt_boxes'], (-1, 7)) if detected is None else detected
        columns = [boxes[kept, :7]]
        if self.with_velocity:
            velocity = boxes[:, 7:] if boxes.shape[1] > 7 else annos['gt_velocity']
            columns.append(known_velocities(np.reshape(velocity, (-1, 2))[kept]))
        rows = np.concatenate(columns, axis=1).astype(np.float32)
        return self.box_type_3d(rows, box_dim=rows.shape[1], origin=origin)

    def info_with_labels(self, index: int, labels: TeacherLabels) -> dict[str, Any]:
        """Give a sample's entry with a teacher's labels, see :class:`Custom3DDataset`."""
        return nuscenes_info(self.data_infos[index], labels, self._names_of(labels.labels))

    def info_content(self, infos: list[dict[str, Any]]) -> Any:
        """Give what an info file of these samples holds."""
        return {'infos': infos, 'metadata': self.metadata}

    def get_cat_ids(self, idx: int) -> list[int]:
        """Labels of the trained classes in a frame."""
        annos = self._annos(idx)
        kept = self._kept(annos) & ~_ignored(annos)
        names = set(np.asarray(annos['gt_names'])[kept])
        return sorted(self.cat2id[name] for name in names if name in self.cat2id)


def _ignored(annos: dict[str, Any]) -> np.ndarray:
    """Tell which of N objects are ignored regions, bool of shape (N,), or () where none can be."""
    return np.asarray(annos.get(IGNORED, False), dtype=bool)

"""The data set that reads point clouds and 3D boxes listed in an annotation file."""

import os.path as osp
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import mmcv
import numpy as np

from mmdet3d.core.bbox import get_box_type
from mmdet3d.datasets.builder import DATASETS
from mmdet3d.datasets.evaluated import EvaluatedDataset
from mmdet3d.datasets.files import load_info_file
from mmdet3d.datasets.pipelines import Compose
from mmdet3d.datasets.pipelines.load_points import check_disk_backend
from mmdet3d.datasets.ranges import range_of_points


@DATASETS.register_module()
class Custom3DDataset(EvaluatedDataset):
    """Frames listed in a pickled annotation file.

    The file holds a list with one dict per frame: ``sample_idx``, ``pts_path`` (relative to
    ``data_root``) and, for training, ``annos`` with ``gt_bboxes_3d`` (N, 7), boxes of the type
    ``box_type_3d`` names, and ``gt_names`` (N,). A data set in another form overrides
    :meth:`get_data_info`, :meth:`get_ann_info` and :meth:`has_truth`.

    Args:
        data_root: folder of the data set.
        ann_file: the annotation file.
        pipeline: configs of the steps a frame goes through; None gives no frames, only annotations.
        classes: names of the classes to train, in label order, or a file with one name a line; None
            takes the class attribute ``CLASSES``.
        modality: ``dict(use_lidar=True, use_camera=False)``.
        box_type_3d: ``'LiDAR'`` or ``'Camera'``.
        filter_empty_gt: in training, put another frame in the place of one without any object.
        test_mode: give no annotations.
        file_client_args: only ``dict(backend='disk')``.

    Attributes:
        TRUTH_KEY: key in the annotation file of what is known of a frame's objects.
        POINT_COLUMNS: float32 values of a point on disk, where no pipeline says it.
        VIEW: x_min, y_min, x_max, y_max of pictures, in metres, where no detector says it.
        detection_range: (x_min, y_min, z_min, x_max, y_max, z_max) in metres of what the detector
            at hand looks at, as its config says; None where nothing is known of it.

    Raises:
        FileNotFoundError: if the annotation file does not exist.
        ValueError: if cameras, another storage backend or malformed ``classes`` are asked for.
    """

    CLASSES: Sequence[str] = ()
    TRUTH_KEY = 'annos'
    POINT_COLUMNS = 4
    VIEW: Sequence[float] = (0, -40, 70, 40)

    def __init__(
        self,
        data_root: str,
        ann_file: str,
        pipeline: Sequence[dict] | None = None,
        classes: Sequence[str] | str | None = None,
        modality: dict | None = None,
        box_type_3d: str = 'LiDAR',
        filter_empty_gt: bool = True,
        test_mode: bool = False,
        file_client_args: dict | None = None,
    ) -> None:
        super().__init__()
        if modality is not None and modality.get('use_camera'):
            raise ValueError(
                f'modality={modality}: cameras are not supported; set use_camera=False'
            )
        check_disk_backend(file_client_args)
        self.data_root = data_root
        self.ann_file = ann_file
        self.modality = modality or {}
        self.filter_empty_gt = filter_empty_gt
        self.test_mode = test_mode
        self.box_type_3d, self.box_mode_3d = get_box_type(box_type_3d)
        self.CLASSES = self.get_classes(classes)
        self.cat2id = {name: label for label, name in enumerate(self.CLASSES)}
        self.data_infos = self.load_annotations(ann_file)
        self.pipeline = None if pipeline is None else Compose(pipeline)
        self.detection_range = range_of_points(pipeline or ())
        if not test_mode:
            self._set_group_flag()

    def __len__(self) -> int:
        return len(self.data_infos)

    def __getitem__(self, idx: int) -> dict[str, Any]:
        """Run the pipeline on a frame.

        In training a frame without an object to learn is replaced by one drawn from the others.

        Raises:
            ValueError: if no frame of the data set has an object to learn.
        """
        if self.test_mode:
            return self.prepare_test_data(idx)
        for candidate in self._replacements(idx):
            data = self.prepare_train_data(candidate)
            if data is not None:
                return data
        raise ValueError(
            f'none of the {len(self)} frames of {self.ann_file} has an object of the classes '
            f'{list(self.CLASSES)} after the pipeline. Check the spelling of classes and the '
            'ranges of the pipeline, or set filter_empty_gt=False to train on empty frames'
        )

    def _replacements(self, idx: int) -> Iterator[int]:
        yield idx
        group = np.flatnonzero(self.flag == self.flag[idx])
        yield from np.random.permutation(group[group != idx % len(self)])

    @classmethod
    def get_classes(cls, classes: Sequence[str] | str | None = None) -> Sequence[str]:
        """Names of the classes to use.

        Args:
            classes: the names, a text file with one name a line, or None for ``CLASSES``.

        Raises:
            ValueError: if ``classes`` is none of these.
        """
        if classes is None:
            return cls.CLASSES
        if isinstance(classes, str):
            return mmcv.list_from_file(classes)
        if isinstance(classes, (tuple, list)):
            return classes
        raise ValueError(f'classes={classes!r}; expected a list of names, a file or None')

    def load_annotations(self, ann_file: str) -> list[dict[str, Any]]:
        """Read the annotation file.

        Raises:
            FileNotFoundError: if it does not exist.
            ValueError: if it is broken or does not hold a list.
        """
        infos = load_info_file(ann_file, 'annotation file')
        if not isinstance(infos, list):
            raise ValueError(f'{ann_file} holds a {type(infos).__name__}; expected a list of dicts')
        return infos

    def get_data_info(self, index: int) -> dict[str, Any]:
        """What the pipeline starts from.

        Returns:
            ``sample_idx``, ``pts_filename`` and, unless in test mode, ``ann_info``.
        """
        info = self.data_infos[index]
        path = osp.join(self.data_root, info['pts_path'])
        data = {'sample_idx': info['sample_idx'], 'pts_filename': path, 'file_name': path}
        if not self.test_mode:
            data['ann_info'] = self.get_ann_info(index)
        return data

    def get_ann_info(self, index: int) -> dict[str, Any]:
        """Annotations of a frame.

        Returns:
            ``gt_bboxes_3d`` (N boxes), ``gt_labels_3d`` (N,) int64, -1 for classes that are not
            trained, and ``gt_names`` (N,).

        Raises:
            KeyError: if the annotation file has none.
        """
        annos = self._annos(index)
        boxes = np.asarray(annos['gt_bboxes_3d'], dtype=np.float32)
        boxes = boxes.reshape(len(boxes), -1) if len(boxes) else np.zeros((0, 7), np.float32)
        return {
            'gt_bboxes_3d': self.box_type_3d(boxes, box_dim=boxes.shape[1]),
            'gt_labels_3d': self._labels_of(annos['gt_names']),
            'gt_names': np.asarray(annos['gt_names']),
        }

    def has_truth(self, index: int) -> bool:
        """Tell whether the objects of a frame are known: not in a split without labels."""
        return self.TRUTH_KEY in self.data_infos[index]

    def _annos(self, index: int) -> dict[str, Any]:
        if not self.has_truth(index):
            raise KeyError(
                f"frame {index} of {self.ann_file} has no 'annos': it belongs to a split without "
                'labels, which can be tested (test_mode=True, --format-only) but neither trained '
                'on nor evaluated'
            )
        return self.data_infos[index]['annos']

    def _labels_of(self, names: Iterable[str]) -> np.ndarray:
        return np.array([self.cat2id.get(name, -1) for name in names], dtype=np.int64)

    def get_cat_ids(self, idx: int) -> list[int]:
        """Labels of the trained classes in a frame, for mmdet's ``ClassBalancedDataset``."""
        labels = self.get_ann_info(idx)['gt_labels_3d']
        return np.unique(labels[labels >= 0]).tolist()

    def pre_pipeline(self, results: dict[str, Any]) -> None:
        """Add the bookkeeping that pipeline steps expect."""
        results['box_type_3d'] = self.box_type_3d
        results['box_mode_3d'] = self.box_mode_3d
        for kind in ('img', 'bbox3d', 'pts_mask', 'pts_seg', 'bbox', 'mask', 'seg'):
            results[f'{kind}_fields'] = []

    def prepare_train_data(self, index: int) -> dict[str, Any] | None:
        """Run the pipeline; None if ``filter_empty_gt`` is on and no object is left to learn."""
        data = self.prepare_test_data(index)
        if not self.filter_empty_gt:
            return data
        if data is None or not (data['gt_labels_3d'].data != -1).any():
            return None
        return data

    def prepare_test_data(self, index: int) -> dict[str, Any]:
        """Run the pipeline on a frame as it is.

        Raises:
            ValueError: if the data set has no pipeline.
        """
        if self.pipeline is None:
            raise ValueError(
                f'the data set of {self.ann_file} has pipeline=None, so it gives annotations only; '
                'give it the steps that load a frame'
            )
        results = self.get_data_info(index)
        self.pre_pipeline(results)
        return self.pipeline(results)

    def _set_group_flag(self) -> None:
        """Put all frames in one group: mmdet's samplers build batches within groups."""
        self.flag = np.zeros(len(self), dtype=np.uint8)

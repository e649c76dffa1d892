"""The data set that reads point clouds and 3D boxes listed in an annotation file."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from mmdet3d.core.bbox import get_box_type
from mmdet3d.core.visualizer import CameraView
from mmdet3d.datasets.builder import DATASETS
from mmdet3d.datasets.class_names import DONT_CARE, read_class_names, warn_of_class_names
from mmdet3d.datasets.custom_infos import (
    check_custom_frames,
    load_custom_infos,
    require_objects,
)
from mmdet3d.datasets.evaluated import EvaluatedDataset
from mmdet3d.datasets.files import DataFormatError
from mmdet3d.datasets.object_numbers import as_boxes, known_velocities
from mmdet3d.datasets.paths import locate
from mmdet3d.datasets.pipelines import Compose
from mmdet3d.datasets.pipelines.load_points import LoadPointsFromFile, check_disk_backend
from mmdet3d.datasets.ranges import range_of_points
from mmdet3d.datasets.teacher_detections import TeacherLabels, custom_info
from mmdet3d.datasets.teacher_labels import object_weights, with_weights
from mmdet3d.utils.arguments import switch


@DATASETS.register_module()
class Custom3DDataset(EvaluatedDataset):
    """Frames listed in a pickled annotation file.

    The file holds a list with one dict per frame: ``sample_idx``, ``pts_path`` (relative to
    ``data_root``) and, for training, ``annos`` with ``gt_bboxes_3d`` (N, 7), boxes of the type
    ``box_type_3d`` names, and ``gt_names`` (N,); of frames that a teacher labelled also
    ``gt_scores`` and ``gt_ignored`` (N,), see ``docs/teacher_labels.md``. A data set in another
    form overrides :meth:`get_data_info`, :meth:`get_ann_info`, :meth:`object_names` and
    :meth:`has_truth`.

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
        absolute_paths: take clouds that the annotation file names and that do not lie below
            ``data_root``, too.
        weigh_by_score: an object that a teacher labelled weighs as much in the losses as its score,
            else 1; what it marked as ignored has no weight either way. Ground truth weighs 1.

    Attributes:
        TRUTH_KEY: key in the annotation file of what is known of a frame's objects.
        POINT_COLUMNS: float32 values of a point on disk, where no pipeline says it.
        VIEW: x_min, y_min, x_max, y_max of pictures, in metres, where no detector says it.
        LEARNS_UNSEEN: whether objects without a point in them are learnt.
        detection_range: (x_min, y_min, z_min, x_max, y_max, z_max) in metres of what the detector
            at hand looks at, as its config says; None where nothing is known of it.

    Raises:
        FileNotFoundError: if the annotation file does not exist.
        DataFormatError: if it is malformed, has no frame, or has frames without annotations and
            ``test_mode`` is off.
        ValueError: if cameras, another storage backend or malformed ``classes`` are asked for.
    """

    CLASSES: Sequence[str] = ()
    TRUTH_KEY = 'annos'
    POINT_COLUMNS = 4
    VIEW: Sequence[float] = (0, -40, 70, 40)
    LEARNS_UNSEEN = True

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
        weigh_by_score: bool = True,
        absolute_paths: bool = False,
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
        self.weigh_by_score = switch(self, 'weigh_by_score', weigh_by_score)
        self.absolute_paths = switch(self, 'absolute_paths', absolute_paths)
        self.box_type_3d, self.box_mode_3d = get_box_type(box_type_3d)
        self.CLASSES = self.get_classes(classes)
        self.cat2id = {name: label for label, name in enumerate(self.CLASSES)}
        self.data_infos = self.load_annotations(ann_file)
        self._check_frames()
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

    def start_pass(self) -> None:
        """Let the steps of the pipeline begin anew with what they keep from frame to frame."""
        for step in [] if self.pipeline is None else self.pipeline.transforms:
            if hasattr(step, 'start_pass'):
                step.start_pass()

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
            FileNotFoundError: if there is no such file.
            ValueError: if ``classes`` is none of these, or the file is malformed.
        """
        if classes is None:
            return cls.CLASSES
        if isinstance(classes, str):
            return read_class_names(classes)
        if isinstance(classes, (tuple, list)):
            return classes
        raise ValueError(f'classes={classes!r}; expected a list of names, a file or None')

    def load_annotations(self, ann_file: str) -> list[dict[str, Any]]:
        """Read the annotation file, without the objects that cannot be learnt from.

        Raises:
            FileNotFoundError: if it does not exist.
            DataFormatError: if it is another kind of file, or a frame is malformed.
        """
        infos = load_custom_infos(ann_file)
        # A derived data set may have other keys.
        if type(self).get_data_info is Custom3DDataset.get_data_info:
            check_custom_frames(ann_file, infos)
        if type(self).get_ann_info is Custom3DDataset.get_ann_info:
            require_objects(ann_file, infos)
        return infos

    def _check_frames(self) -> None:
        """Judge what there is to train on, before the first step.

        Raises:
            DataFormatError: if there is no frame, or one to train on has no annotations.
        """
        if not len(self):
            raise DataFormatError(
                f'{self.ann_file} lists no frame: write it again from a list of frames that is not '
                'empty (for KITTI: ImageSets/*.txt)'
            )
        if not self.test_mode:
            self._refuse_bare_frames()
            self._warn_of_class_names()

    def _refuse_bare_frames(self) -> None:
        bare = [index for index in range(len(self)) if not self.has_truth(index)]
        if not bare:
            return
        try:
            # A derived data set may have them elsewhere.
            self.get_ann_info(bare[0])
        except KeyError as error:
            raise DataFormatError(
                f"{self.ann_file}: {len(bare)} of {len(self)} frames have no '{self.TRUTH_KEY}' "
                f'(annotations), frame {bare[0]} for one: those of a split without labels can be '
                'tested (test_mode=True, --format-only) but not trained on'
            ) from error

    def _warn_of_class_names(self) -> None:
        names = [self.object_names(index) for index in range(len(self))]
        known = [members for members in names if members is not None]
        if len(known) == len(names):
            counts = Counter(str(name) for members in known for name in members)
            del counts[DONT_CARE]
            warn_of_class_names(self.ann_file, counts, self.CLASSES)

    def object_names(self, index: int) -> Iterable[str] | None:
        """Class names of a frame's objects, trained or not; None if they are not known."""
        annos = self.data_infos[index].get('annos')
        return annos.get('gt_names') if isinstance(annos, Mapping) else None

    def get_data_info(self, index: int) -> dict[str, Any]:
        """What the pipeline starts from.

        Returns:
            ``sample_idx``, ``pts_filename`` and, unless in test mode, ``ann_info``.
        """
        info = self.data_infos[index]
        path = locate(info['pts_path'], self.data_root, self.ann_file, self.absolute_paths)
        data = {'sample_idx': info['sample_idx'], 'pts_filename': path, 'file_name': path}
        if not self.test_mode:
            data['ann_info'] = self.get_ann_info(index)
        return data

    def get_ann_info(self, index: int) -> dict[str, Any]:
        """Annotations of a frame.

        Returns:
            ``gt_bboxes_3d`` (N boxes; velocities that are not known are 0), ``gt_labels_3d`` (N,)
            int64, -1 for classes that are not trained, and ``gt_names`` (N,); of a frame that a
            teacher labelled ``gt_weights_3d`` (N,) float32, 0 for what is to be ignored.

        Raises:
            KeyError: if the annotation file has none.
        """
        annos = self._annos(index)
        boxes = as_boxes(annos['gt_bboxes_3d']).astype(np.float32)
        boxes = np.concatenate([boxes[:, :7], known_velocities(boxes[:, 7:])], axis=1)
        info = {
            'gt_bboxes_3d': self.box_type_3d(boxes, box_dim=boxes.shape[1]),
            'gt_labels_3d': self._labels_of(annos['gt_names']),
            'gt_names': np.asarray(annos['gt_names']),
        }
        return with_weights(info, object_weights(annos, self.weigh_by_score))

    def cameras(self, index: int) -> list[CameraView]:
        """The cameras that saw a frame, whether their images are there or not; here none."""
        return []

    def has_truth(self, index: int) -> bool:
        """Tell whether the objects of a frame are known: not in a split without labels."""
        return self.data_infos[index].get(self.TRUTH_KEY) is not None

    def _annos(self, index: int) -> dict[str, Any]:
        if not self.has_truth(index):
            raise KeyError(
                f"frame {index} of {self.ann_file} has no 'annos': it belongs to a split without "
                'labels, which can be tested (test_mode=True, --format-only) but neither trained '
                'on nor evaluated'
            )
        return self.data_infos[index]['annos']

    def info_with_labels(self, index: int, labels: TeacherLabels) -> dict[str, Any]:
        """Give a frame's entry of the annotation file, with a teacher's labels as annotations.

        Args:
            index: the frame.
            labels: what was found in it.
        """
        return custom_info(self.data_infos[index], labels, self._names_of(labels.labels))

    def info_content(self, infos: list[dict[str, Any]]) -> Any:
        """Give what an annotation file of these frames holds."""
        return infos

    def _names_of(self, labels: np.ndarray) -> np.ndarray:
        return np.array([self.CLASSES[label] for label in labels], dtype=np.str_)

    def _labels_of(self, names: Iterable[str]) -> np.ndarray:
        return np.array([self.cat2id.get(name, -1) for name in names], dtype=np.int64)

    def get_cat_ids(self, idx: int) -> list[int]:
        """Labels of the trained classes in a frame, for mmdet's ``ClassBalancedDataset``."""
        annos = self.get_ann_info(idx)
        labels = annos['gt_labels_3d']
        return np.unique(labels[(labels >= 0) & (annos.get('gt_weights_3d', 1) > 0)]).tolist()

    def check_first_cloud(self) -> None:
        """Read the first frame's points, as the pipeline does, so that a wrong path shows at once.

        Raises:
            FileNotFoundError: if the file is not there.
            DataFormatError: if it is malformed, or of other columns than the pipeline loads.
        """
        steps = [] if self.pipeline is None else self.pipeline.transforms
        if steps and isinstance(steps[0], LoadPointsFromFile):
            steps[0]({'pts_filename': self.get_data_info(0)['pts_filename']})

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

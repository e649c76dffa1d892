"""KITTI's 3D object detection data set."""

import os.path as osp
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from mmdet3d.core.bbox import CameraInstance3DBoxes, LiDARInstance3DBoxes
from mmdet3d.core.visualizer import CameraView
from mmdet3d.datasets.builder import DATASETS
from mmdet3d.datasets.class_names import DONT_CARE
from mmdet3d.datasets.kitti.calib import camera_from_lidar
from mmdet3d.datasets.kitti.evaluation import KittiEvaluation
from mmdet3d.datasets.kitti.frame_ids import cloud_name
from mmdet3d.datasets.kitti.infos import camera_rows, mark_keys
from mmdet3d.datasets.kitti.load_infos import load_kitti_infos
from mmdet3d.datasets.kitti.teacher_labels import kitti_info
from mmdet3d.datasets.object_numbers import count_rows, keep_objects
from mmdet3d.datasets.paths import below
from mmdet3d.datasets.teacher_detections import TeacherLabels
from mmdet3d.datasets.teacher_labels import detector_boxes, object_weights, with_weights


@DATASETS.register_module()
class KittiDataset(KittiEvaluation):
    """Frames of KITTI, listed in an info file of ``create_data.py`` or of mmdetection3d.

    Args:
        data_root: folder of the data set.
        ann_file: ``kitti_infos_*.pkl``.
        split: ``'training'`` or ``'testing'``, the folder below ``data_root``.
        pts_prefix: folder of the point clouds below that, ``'velodyne'`` or ``'velodyne_reduced'``
            (the points the camera sees).
        pipeline: configs of the steps a frame goes through.
        classes: names of the classes to train, in label order.
        modality: ``dict(use_lidar=True, use_camera=False)``.
        box_type_3d: ``'LiDAR'``, the coordinates the detector works in.
        filter_empty_gt: in training, put another frame in the place of one without any object.
        test_mode: give no annotations.
        pcd_limit_range: see :class:`KittiEvaluation`.
        kwargs: further arguments of :class:`KittiEvaluation` and :class:`Custom3DDataset`.

    Raises:
        DataFormatError: if ``ann_file`` is no info file of KITTI, or malformed.
    """

    CLASSES = ('Car', 'Pedestrian', 'Cyclist')

    def __init__(
        self,
        data_root: str,
        ann_file: str,
        split: str,
        pts_prefix: str = 'velodyne',
        pipeline: Sequence[dict] | None = None,
        classes: Sequence[str] | str | None = None,
        modality: dict | None = None,
        box_type_3d: str = 'LiDAR',
        filter_empty_gt: bool = True,
        test_mode: bool = False,
        pcd_limit_range: Sequence[float] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            data_root=data_root,
            ann_file=ann_file,
            pipeline=pipeline,
            classes=classes,
            modality=modality,
            box_type_3d=box_type_3d,
            filter_empty_gt=filter_empty_gt,
            test_mode=test_mode,
            pcd_limit_range=pcd_limit_range,
            **kwargs,
        )
        self.split = split
        self.root_split = osp.join(data_root, split)
        self.pts_prefix = pts_prefix

    def load_annotations(self, ann_file: str) -> list[dict[str, Any]]:
        """Read the info file, see :func:`mmdet3d.datasets.kitti.load_infos.load_kitti_infos`.

        Raises:
            FileNotFoundError: if it does not exist.
            DataFormatError: if it is no info file of KITTI, or malformed.
        """
        return load_kitti_infos(ann_file)

    def object_names(self, index: int) -> Iterable[str] | None:
        """Class names of a frame's objects and DontCare regions."""
        return self._annos(index)['name']

    def get_data_info(self, index: int) -> dict[str, Any]:
        """What the pipeline starts from.

        Returns:
            ``sample_idx``, ``pts_filename``, ``img_prefix``, ``img_info``, ``lidar2img`` (4, 4)
            and, unless in test mode, ``ann_info``.
        """
        info = self.data_infos[index]
        cloud = osp.join(self.root_split, self.pts_prefix, cloud_name(info, self.pts_prefix))
        image = below(info['image'].get('image_path', ''), self.data_root, self.ann_file)
        projection = info['calib']['P2'] @ camera_from_lidar(info['calib'])
        data = {
            'sample_idx': info['image']['image_idx'],
            'pts_filename': cloud,
            'img_prefix': None,
            'img_info': {'filename': image},
            'lidar2img': projection.astype(np.float32),
        }
        if not self.test_mode:
            data['ann_info'] = self.get_ann_info(index)
        return data

    def cameras(self, index: int) -> list[CameraView]:
        """The left colour camera, whether its image is there or not."""
        info = self.data_infos[index]
        path = self.get_data_info(index)['img_info']['filename']
        return [CameraView('image_2', path, info['calib']['P2'] @ camera_from_lidar(info['calib']))]

    def get_ann_info(self, index: int) -> dict[str, Any]:
        """Annotations of a frame without the DontCare regions.

        Returns:
            ``gt_bboxes_3d`` (N boxes of ``box_type_3d``), ``gt_labels_3d`` and ``labels`` (N,)
            int64, -1 for classes that are not trained, ``bboxes`` (N, 4) float32 pixels
            (x1, y1, x2, y2), ``gt_names`` (N,) and ``difficulty`` (N,); of a frame that a teacher
            labelled ``gt_weights_3d`` (N,) float32, 0 for what is to be ignored.

        Raises:
            KeyError: if the info file has no annotations.
        """
        annos = self.remove_dontcare(self._annos(index))
        labels = self._labels_of(annos['name'])
        info = {
            'gt_bboxes_3d': self._boxes(annos, self.data_infos[index]['calib']),
            'gt_labels_3d': labels,
            'bboxes': np.reshape(annos['bbox'], (-1, 4)).astype(np.float32),
            'labels': labels.copy(),
            'gt_names': np.asarray(annos['name']),
            'difficulty': np.asarray(annos['difficulty']),
        }
        return with_weights(info, object_weights(annos, self.weigh_by_score, **mark_keys(annos)))

    def _boxes(self, annos: dict[str, np.ndarray], calib: dict[str, np.ndarray]) -> Any:
        """Boxes of ``box_type_3d``: those of the detector that labelled the frame, if one did."""
        camera = camera_from_lidar(calib)
        detected = detector_boxes(annos)
        if detected is not None:
            return LiDARInstance3DBoxes(detected).convert_to(self.box_mode_3d, camera)
        boxes = CameraInstance3DBoxes(camera_rows(annos).astype(np.float32))
        return boxes.convert_to(self.box_mode_3d, np.linalg.inv(camera))

    def info_with_labels(self, index: int, labels: TeacherLabels) -> dict[str, Any]:
        """Give a frame's entry with a teacher's labels, see :class:`Custom3DDataset`."""
        return kitti_info(self.data_infos[index], labels, self.CLASSES)

    def remove_dontcare(self, ann_info: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Drop the entries of all arrays of ``ann_info`` whose ``name`` is ``'DontCare'``."""
        keep = np.asarray(ann_info['name']) != DONT_CARE
        # OpenPCDet's gt_boxes_lidar leaves DontCare out already.
        rows = {key: each for key, each in ann_info.items() if count_rows(each) == len(keep)}
        return keep_objects(rows, keep)

    @staticmethod
    def drop_arrays_by_name(gt_names: Iterable[str], used_classes: Sequence[str]) -> np.ndarray:
        """Indices (K,) int64 of the names that are not among ``used_classes``."""
        return np.flatnonzero([name not in used_classes for name in gt_names])

    @staticmethod
    def keep_arrays_by_name(gt_names: Sequence[str], used_classes: Sequence[str]) -> np.ndarray:
        """Indices (K,) int64 of the names that are among ``used_classes``."""
        return np.flatnonzero([name in used_classes for name in gt_names])

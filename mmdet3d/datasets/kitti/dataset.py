"""KITTI's 3D object detection data set."""

import os.path as osp
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from mmcv.utils import print_log

from mmdet3d.core.bbox import CameraInstance3DBoxes
from mmdet3d.core.evaluation import kitti_eval
from mmdet3d.datasets.builder import DATASETS
from mmdet3d.datasets.custom_3d import Custom3DDataset
from mmdet3d.datasets.files import dump_pickle
from mmdet3d.datasets.kitti.calib import camera_from_lidar
from mmdet3d.datasets.kitti.frame_ids import cloud_name, stem_of
from mmdet3d.datasets.kitti.infos import camera_rows
from mmdet3d.datasets.kitti.labels import write_label
from mmdet3d.datasets.kitti.load_infos import load_kitti_infos
from mmdet3d.datasets.kitti.results import kitti_anno, visible_detections
from mmdet3d.datasets.paths import with_slashes
from mmdet3d.datasets.pictures import draw_frames, refuse_screen
from mmdet3d.datasets.table_columns import TableColumn


@DATASETS.register_module()
class KittiDataset(Custom3DDataset):
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
        pcd_limit_range: (x_min, y_min, z_min, x_max, y_max, z_max) in metres; detections whose
            bottom centre is outside are not reported.
        kwargs: further arguments of :class:`Custom3DDataset`.

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
        pcd_limit_range: Sequence[float] = (0, -40, -3, 70.4, 40, 0.0),
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
            **kwargs,
        )
        self.split = split
        self.root_split = osp.join(data_root, split)
        self.pts_prefix = pts_prefix
        self.pcd_limit_range = pcd_limit_range

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
        image_path = with_slashes(info['image'].get('image_path', ''))
        projection = info['calib']['P2'] @ camera_from_lidar(info['calib'])
        data = {
            'sample_idx': info['image']['image_idx'],
            'pts_filename': cloud,
            'img_prefix': None,
            'img_info': {'filename': osp.join(self.data_root, image_path)},
            'lidar2img': projection.astype(np.float32),
        }
        if not self.test_mode:
            data['ann_info'] = self.get_ann_info(index)
        return data

    def get_ann_info(self, index: int) -> dict[str, Any]:
        """Annotations of a frame without the DontCare regions.

        Returns:
            ``gt_bboxes_3d`` (N boxes of ``box_type_3d``), ``gt_labels_3d`` and ``labels`` (N,)
            int64, -1 for classes that are not trained, ``bboxes`` (N, 4) float32 pixels
            (x1, y1, x2, y2), ``gt_names`` (N,) and ``difficulty`` (N,).

        Raises:
            KeyError: if the info file has no annotations.
        """
        annos = self.remove_dontcare(self._annos(index))
        lidar_from_camera = np.linalg.inv(camera_from_lidar(self.data_infos[index]['calib']))
        boxes = CameraInstance3DBoxes(camera_rows(annos).astype(np.float32))
        labels = self._labels_of(annos['name'])
        return {
            'gt_bboxes_3d': boxes.convert_to(self.box_mode_3d, lidar_from_camera),
            'gt_labels_3d': labels,
            'bboxes': np.reshape(annos['bbox'], (-1, 4)).astype(np.float32),
            'labels': labels.copy(),
            'gt_names': np.asarray(annos['name']),
            'difficulty': np.asarray(annos['difficulty']),
        }

    def remove_dontcare(self, ann_info: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Drop the entries of all arrays of ``ann_info`` whose ``name`` is ``'DontCare'``."""
        keep = self.drop_arrays_by_name(ann_info['name'], ['DontCare'])
        arrays = {key: np.asarray(values) for key, values in ann_info.items()}
        # OpenPCDet's gt_boxes_lidar leaves DontCare out already.
        shape = arrays['name'].shape
        return {key: array[keep] for key, array in arrays.items() if array.shape[:1] == shape}

    @staticmethod
    def drop_arrays_by_name(gt_names: Iterable[str], used_classes: Sequence[str]) -> np.ndarray:
        """Indices (K,) int64 of the names that are not among ``used_classes``."""
        return np.flatnonzero([name not in used_classes for name in gt_names])

    @staticmethod
    def keep_arrays_by_name(gt_names: Sequence[str], used_classes: Sequence[str]) -> np.ndarray:
        """Indices (K,) int64 of the names that are among ``used_classes``."""
        return np.flatnonzero([name in used_classes for name in gt_names])

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
        if outputs and 'pts_bbox' in outputs[0]:
            annos = self.bbox2result_kitti(
                [output['pts_bbox'] for output in outputs],
                self.CLASSES,
                pklfile_prefix and f'{pklfile_prefix}pts_bbox',
                submission_prefix and f'{submission_prefix}_pts_bbox',
            )
            return {'pts_bbox': annos}, None
        annos = self.bbox2result_kitti(outputs, self.CLASSES, pklfile_prefix, submission_prefix)
        return annos, None

    def bbox2result_kitti(
        self,
        net_outputs: list[dict[str, Any]],
        class_names: Sequence[str],
        pklfile_prefix: str | None = None,
        submission_prefix: str | None = None,
    ) -> list[dict[str, np.ndarray]]:
        """Turn the detections of all frames into KITTI annotations.

        Args:
            net_outputs: per frame ``boxes_3d``, ``scores_3d`` and ``labels_3d``.
            class_names: names of the classes, in label order.
            pklfile_prefix: path of a pickle of all annotations, without ``.pkl``.
            submission_prefix: folder for one label file per frame, as the benchmark's server and
                its devkit read them.

        Returns:
            the annotations, see :func:`mmdet3d.datasets.kitti.results.kitti_anno`.

        Raises:
            ValueError: if there is not one output per frame.
        """
        if len(net_outputs) != len(self):
            raise ValueError(
                f'{len(net_outputs)} results for {len(self)} frames; expected one each'
            )
        annos = [
            kitti_anno(
                self.convert_valid_bboxes(output, info), class_names, info['image']['image_shape']
            )
            for output, info in zip(net_outputs, self.data_infos)
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
        """Keep the detections that are in the image and in ``pcd_limit_range``.

        See :func:`mmdet3d.datasets.kitti.results.visible_detections`.
        """
        return visible_detections(box_dict, info, self.pcd_limit_range)

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

        Args:
            results: per frame ``boxes_3d``, ``scores_3d`` and ``labels_3d``.
            metric: any name, as the benchmark is one whole: image, bird's-eye-view and 3D boxes.
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
            ValueError: if there is not one result per frame, a class is not one of KITTI's, or
                ``show`` is on.
        """
        refuse_screen(show)
        gt_annos = [self._annos(index) for index in range(len(self))]
        formatted, _ = self.format_results(results, pklfile_prefix, submission_prefix)
        if isinstance(formatted, dict):
            text, scores = kitti_eval(gt_annos, formatted['pts_bbox'], self.CLASSES)
            text = f'Results of pts_bbox:{text}'
            scores = {f'pts_bbox/{name}': score for name, score in scores.items()}
        else:
            text, scores = kitti_eval(gt_annos, formatted, self.CLASSES)
        print_log('\n' + text, logger)
        if out_dir is not None:
            self.show(results, out_dir, pipeline=pipeline)
        return scores

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
        figures = {
            view: tuple(f'KITTI/{name}_{view}_AP40_moderate_strict' for name in self.CLASSES)
            for view in ('BEV', '3D')
        }
        return [
            TableColumn(f'{name} {view}', (figure,))
            for view, of_classes in figures.items()
            for name, figure in zip(self.CLASSES, of_classes)
        ] + [TableColumn(f'mean {view}', of_classes) for view, of_classes in figures.items()]

"""What all 3D detectors share: dispatch between training and testing, and room for a teacher."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from mmdet3d.models.kd import FeatureKind, KDTerm, parse_kd_cfg
from mmdet_patched.models import BaseDetector

# Where a checkpoint keeps the layers that only distillation needs: ours, and the released code's.
_KD_PREFIXES = ('kd_losses.', 'teacher_gcn_adapt.', 'student_gcn_adapt.')


class Base3DDetector(BaseDetector):
    """Base of the 3D detectors.

    A detector that can teach or learn names its features in ``kd_features``, gives their widths by
    ``feature_widths`` and defines ``get_teacher_info`` and ``loss_kd``.

    Args:
        train_cfg: settings for training; its ``kd_cfg`` says what is distilled.
        test_cfg: settings for testing.
        init_cfg: initialisation.

    Attributes:
        kd_features: the features that it publishes and their kinds, in the order of its stages.
        kd_types: what each ``type`` of a ``kd_cfg`` distils, as terms by name.
        kd_terms: what this detector's ``kd_cfg`` asks for.
        kd_losses: the losses of these terms, none until :meth:`init_kd`.

    Raises:
        ValueError: if ``kd_cfg`` has an unknown key, feature, type or loss, or an option of a loss
            is not what it can be.
    """

    kd_features: Mapping[str, FeatureKind] = {}
    kd_types: Mapping[str, Mapping[str, dict]] = {}

    def __init__(
        self,
        train_cfg: dict | None = None,
        test_cfg: dict | None = None,
        init_cfg: dict | None = None,
    ) -> None:
        super().__init__(init_cfg)
        self.train_cfg = train_cfg
        self.test_cfg = test_cfg
        kd_cfg = (train_cfg or {}).get('kd_cfg')
        self.kd_terms: dict[str, KDTerm] = parse_kd_cfg(kd_cfg, self.kd_features, self.kd_types)
        self.kd_losses: Any = None
        self._register_load_state_dict_pre_hook(self._drop_kd_weights)

    def feature_widths(self) -> dict[str, int | list[int]]:
        """Return the width of each published feature, a list over its maps where it has several."""
        raise NotImplementedError(f'{type(self).__name__} publishes no features')

    def feature_channels(self, term: KDTerm) -> int:
        """Return the width of the feature that a term compares.

        Raises:
            ValueError: if the term's ``level`` is not one of the feature's maps.
        """
        widths = self.feature_widths()[term.feature]
        by_level: dict[int | None, int] = (
            dict(enumerate(widths)) if isinstance(widths, list) else {None: widths}
        )
        if term.level not in by_level:
            raise ValueError(
                f'kd_cfg term {term.name} has level={term.level}, but {term.feature} of '
                f'{type(self).__name__} has {list(by_level)}'
            )
        return by_level[term.level]

    def check_kd_levels(self) -> None:
        """Check that this network has every map that its ``kd_cfg`` names; for its constructor.

        Raises:
            ValueError: if it does not.
        """
        for term in self.kd_terms.values():
            self.feature_channels(term)

    def check_teacher(self, teacher: 'Base3DDetector') -> None:
        """Check that a teacher publishes what can be compared with this network's; by default all.

        Raises:
            ValueError: if it does not.
        """

    def init_kd(self, teacher: 'Base3DDetector') -> str:
        """Build the distillation losses, as wide as this network and ``teacher`` are.

        Args:
            teacher: the network to learn from; it is left as it is.

        Returns:
            what ``teacher`` has to publish, see :meth:`last_taught`.

        Raises:
            ValueError: if ``train_cfg`` has no ``kd_cfg``, or the teacher lacks a feature or makes
                other voxels or maps.
        """
        if not self.kd_terms:
            raise ValueError(
                f'{type(self).__name__} is to learn from a teacher, but model.train_cfg.kd_cfg of '
                'its config does not say what: take a student config, or add kd_cfg'
            )
        # The student begins, and sees its data, as it would without a teacher and the same seed.
        with torch.random.fork_rng(devices=[]):
            self.kd_losses = nn.ModuleDict(
                {name: self._build_term(term, teacher) for name, term in self.kd_terms.items()}
            )
        self.check_teacher(teacher)
        return self.last_taught(teacher)

    def last_taught(self, teacher: 'Base3DDetector') -> str:
        """Return the feature after whose stage ``teacher`` may stop: the last one compared."""
        stages = list(teacher.kd_features)
        return max((term.feature for term in self.kd_terms.values()), key=stages.index)

    def _build_term(self, term: KDTerm, teacher: 'Base3DDetector') -> nn.Module:
        if term.feature not in teacher.kd_features:
            raise ValueError(
                f'kd_cfg term {term.name} compares {term.feature}, which the teacher '
                f'{type(teacher).__name__} does not publish: it has {list(teacher.kd_features)}'
            )
        widths = teacher.feature_channels(term), self.feature_channels(term)
        if self.kd_features[term.feature] is FeatureKind.OUTPUTS and widths[0] != widths[1]:
            raise ValueError(
                f'kd_cfg term {term.name} compares the outputs of a teacher of {widths[0]} classes '
                f'with those of a student of {widths[1]}: both need the same classes'
            )
        return term.build(*widths)

    def _drop_kd_weights(self, state_dict: dict, prefix: str, *_: Any) -> None:
        """Load a distilled checkpoint into a network that is not being distilled."""
        if self.kd_losses is not None:
            return
        own = [key for key in state_dict if key.startswith(prefix)]
        for key in own:
            if is_kd_weight(key.removeprefix(prefix)):
                del state_dict[key]

    def require_cfg(self, name: str) -> None:
        """Check that the settings of a phase were given, whose default is None.

        Args:
            name: 'train_cfg' or 'test_cfg'.

        Raises:
            ValueError: if they were not.
        """
        if getattr(self, name) is None:
            raise ValueError(
                f'{type(self).__name__} was built without {name}: give model.{name}, which the '
                f'configs of {"training" if name == "train_cfg" else "testing"} have'
            )

    def forward(self, return_loss: bool = True, **kwargs: Any) -> dict | list[dict]:
        """Return losses for a training batch, or detections for a test batch."""
        with self.computing():
            return self.forward_train(**kwargs) if return_loss else self.forward_test(**kwargs)

    def forward_train(self, *args: Any, **kwargs: Any) -> dict:
        """Return the losses of a batch."""
        raise NotImplementedError

    def forward_test(
        self,
        points: list[list[Tensor]],
        img_metas: list[list[dict]],
        img: None = None,
        **kwargs: Any,
    ) -> list[dict]:
        """Return the detections of a batch.

        Args:
            points: clouds, first by test-time augmentation, then by sample.
            img_metas: meta information, likewise.
            img: not used by detectors of point clouds.
            **kwargs: passed on to ``simple_test``.

        Raises:
            ValueError: if there is more than one augmentation, which is not supported.
        """
        if len(points) != 1:
            raise ValueError(
                f'{len(points)} test-time augmentations were given, but {type(self).__name__} '
                'tests on one: use flip=False and one pts_scale_ratio in MultiScaleFlipAug3D'
            )
        return self.simple_test(points[0], img_metas[0], **kwargs)

    def aug_test(self, *args: Any, **kwargs: Any) -> list[dict]:
        """Refuse; part of mmdet's interface."""
        raise NotImplementedError(f'{type(self).__name__} has no test-time augmentation')


def refuse_pretrained(pretrained: str | None) -> None:
    """Refuse what mmdetection3d's detectors still take for compatibility.

    Raises:
        ValueError: if ``pretrained`` is given.
    """
    if pretrained is not None:
        raise ValueError(f'pretrained={pretrained!r}: use load_from to start from a checkpoint')


def is_kd_weight(name: str) -> bool:
    """Whether a weight of a detector is of a layer that distillation alone needs."""
    return name.startswith(_KD_PREFIXES)

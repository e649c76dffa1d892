"""What every data set says of its evaluation."""

from collections.abc import Sequence
from typing import Any

from torch.utils.data import Dataset

from mmdet3d.datasets.evaluation_checks import check_metrics, check_options
from mmdet3d.datasets.table_columns import TableColumn


class EvaluatedDataset(Dataset):
    """A data set whose own measure compares detections with its ground truth.

    Attributes:
        METRICS: names of metrics that ``evaluate`` knows; None where it takes any.
        ann_file: the annotation file, for messages.
    """

    METRICS: Sequence[str] | None = None
    ann_file: str

    def __len__(self) -> int:
        """Number of frames."""
        raise NotImplementedError

    def _annos(self, index: int) -> dict[str, Any]:
        """The annotations of a frame as they are in the annotation file; KeyError without any."""
        raise NotImplementedError

    def evaluate(self, results: list[dict], *args: Any, **kwargs: Any) -> dict[str, float]:
        """Compare detections with the ground truth: every data set has its own measure.

        Raises:
            NotImplementedError: if a data set does not define it.
        """
        raise NotImplementedError(
            f'{type(self).__name__} defines no evaluation: derive a class that overrides evaluate, '
            'or do without, by --out of tools/test.py and --no-validate of tools/train.py'
        )

    def check_evaluation(self, metric: str | Sequence[str] | None = None, **options: Any) -> None:
        """Refuse what :meth:`evaluate` would fail on, before there are detections.

        Args:
            metric: as for ``evaluate``.
            options: further arguments of ``evaluate``. The folders they name are made.

        Raises:
            NotImplementedError: if the data set has no evaluation.
            ValueError: if there is no such metric or option.
            KeyError: if a frame has no annotations.
            OSError: if a place that an option names cannot be written to.
        """
        if type(self).evaluate is EvaluatedDataset.evaluate:
            self.evaluate([])
        check_metrics(metric, self.METRICS, type(self).__name__)
        for index in range(len(self)):
            self._annos(index)
        check_options(self.evaluate, options)

    def check_format(self, **options: Any) -> None:
        """Refuse what ``format_results`` would fail on, before there are detections.

        Args:
            options: its arguments. The folders they name are made.

        Raises:
            NotImplementedError: if the data set has no form of its own.
            ValueError: if there is no such option.
            OSError: if a place that an option names cannot be written to.
        """
        if not hasattr(self, 'format_results'):
            raise NotImplementedError(
                f'{type(self).__name__} has no form of its own for detections: derive a class that '
                'defines format_results, or write them by --out of tools/test.py'
            )
        check_options(self.format_results, options)

    def figure_rules(self, branch: str = '') -> dict[str, str]:
        """Name the figures of :meth:`evaluate` by what is better, the main one first.

        Args:
            branch: ``'pts_bbox'`` for detectors that report under that name.

        Returns:
            ``'greater'`` or ``'less'`` by name; nothing where the data set does not say.
        """
        return {}

    def table_columns(self) -> list[TableColumn]:
        """Which figures of :meth:`evaluate` a table of several runs shows; all where none is named.

        A data set with more figures than a table has room for overrides it.
        """
        return []

"""The reference of ``kd_cfg``, written from the signatures and docstrings of the code itself."""

import inspect
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from mmcv_patched.full_disk import write_whole
from mmdet3d.models.detectors import MVXFasterRCNN, PointRCNN, VoxelNet
from mmdet3d.models.detectors.base import Base3DDetector
from mmdet3d.models.kd import KD_LOSSES, FeatureKind, KDLoss
from mmdet3d.models.kd import losses as losses_of_literature

DETECTORS: Sequence[type[Base3DDetector]] = (VoxelNet, PointRCNN, MVXFasterRCNN)

_HEAD = """\
# Reference of `kd_cfg`

`model.train_cfg.kd_cfg` of a student's config says what is distilled. A key, feature, type, level
or value that is not in this list ends the run before it begins, with a line that names what is
allowed. Widths are those of the two networks and are not configured.

This page is made from the code, by `python tools/write_kd_reference.py`.

## The section

| key | meaning |
| --- | --- |
| `type` | what the released configs distil: the terms of the table below |
| an option of that type's loss | such as `num_voxels`, `kneighbours`, `temperature` |
| `terms` | further terms by name, or all of them where there is no `type` |

A term is `dict(feature=..., level=..., loss=dict(type=..., ...))`: `feature` is one that both
networks publish, `level` says which map of a feature that has several, `loss` is one of the losses
below with its options. A term's name must not contain "loss". The log has their sum as `loss_kd`,
and with several terms each as `kd_NAME`.

```python
kd_cfg = dict(
    type='PointPillars',
    num_voxels=6000,
    kneighbours=128,
    temperature=1e-2,
    terms=dict(
        head=dict(feature='head_outputs', loss=dict(type='HeadLogits', cls_weight=15.0)),
        neck=dict(feature='neck_features', level=0, loss=dict(type='PearsonFeature')),
    ),
)
```
"""


def write_reference(path: str | Path) -> None:
    """Write the page.

    Args:
        path: the Markdown file; its folder is made.
    """
    write_whole(path, reference())


def reference() -> str:
    """Return the page, in Markdown."""
    losses = [KD_LOSSES.get(name) for name in sorted(losses_of_literature.__all__)]
    parts = [_HEAD, _detectors(), '## Losses\n', *map(describe_loss, losses)]
    return '\n'.join(parts)


def _detectors() -> str:
    features = [
        (f'`{detector.__name__}`', f'`{name}`', kind.value)
        for detector in DETECTORS
        for name, kind in detector.kd_features.items()
    ]
    types = [row for detector in DETECTORS for row in _types(detector)]
    return '\n'.join(
        [
            '## What detectors publish\n',
            _table(('detector', 'feature', 'kind'), features),
            'PointPillars and SECOND are `VoxelNet`s, PointPillars-FPN is an `MVXFasterRCNN`. '
            'Maps are a list, of which `level` 0 is the finest.\n',
            '## What a type stands for\n',
            _table(('detector', 'type', 'term', 'feature', 'level', 'loss'), types),
        ]
    )


def _types(detector: type[Base3DDetector]) -> Iterator[tuple[str, ...]]:
    for name, terms in detector.kd_types.items():
        for term, content in terms.items():
            level = content.get('level')
            yield (
                f'`{detector.__name__}`',
                f'`{name}`',
                f'`{term}`',
                f'`{content["feature"]}`',
                '' if level is None else str(level),
                f'`{_call(content["loss"])}`',
            )


def _call(loss: Mapping[str, Any]) -> str:
    options = ', '.join(f'{key}={value!r}' for key, value in loss.items() if key != 'type')
    return f'{loss["type"]}({options})'


def describe_loss(loss: type[KDLoss]) -> str:
    """Return what is known of a loss, in Markdown: what it takes, its formula, its options.

    Args:
        loss: the class; its docstring describes every option under "Args".

    Raises:
        KeyError: if the docstring does not describe an option.
    """
    text, meanings = _read_docstring(loss)
    takes = ', '.join(sorted(kind.value for kind in FeatureKind if kind in loss.takes))
    rows = [
        (
            f'`{each.name}`',
            _type_of(each),
            f'`{each.default!r}`',
            _allowed(loss, each.name, meanings),
        )
        for each in list(inspect.signature(loss).parameters.values())[2:]
    ]
    lines = [f'### {loss.__name__}\n', f'Takes {takes}.\n', _as_markdown(text) + '\n']
    return '\n'.join([*lines, _table(('option', 'type', 'default', 'meaning'), rows)])


def _allowed(loss: type[KDLoss], option: str, meanings: Mapping[str, str]) -> str:
    meaning = _as_markdown(meanings[option])
    if option in loss.choices:
        meaning += '; one of ' + ', '.join(f'`{value!r}`' for value in loss.choices[option])
    if option in loss.positive:
        meaning += '; above 0'
    if option in loss.not_negative:
        meaning += '; 0 or more'
    return meaning


def _type_of(parameter: inspect.Parameter) -> str:
    return inspect.formatannotation(parameter.annotation).replace(' | ', ' or ')


def _read_docstring(loss: type[KDLoss]) -> tuple[str, dict[str, str]]:
    """Split a docstring into what stands before "Args", and the meaning of each argument."""
    text, _, rest = (inspect.getdoc(loss) or '').partition('\nArgs:\n')
    section = re.split(r'\n(?=\S)', rest)[0]
    entries = re.findall(r'^ {4}(\w+): (.*(?:\n {8,}.*)*)', section, re.MULTILINE)
    return text.strip(), {name: re.sub(r'\s+', ' ', each).rstrip('.') for name, each in entries}


def _as_markdown(text: str) -> str:
    """Let Markdown show a docstring's prose as it is; words in double backticks become code."""
    pieces = re.split(r'``(.+?)``', text)
    for i, piece in enumerate(pieces):
        if i % 2:
            pieces[i] = f'`{piece}`'
        else:
            pieces[i] = re.sub(r'(?<!^)(?<!\n)\*|[_|<]', r'\\\g<0>', piece)
    return ''.join(pieces)


def _table(titles: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [titles, ['---'] * len(titles), *rows]
    return '\n'.join('| ' + ' | '.join(cells) + ' |' for cells in lines) + '\n'

"""Campaigns: which students are trained, on what, from which teacher and with which seeds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from mmdet3d.utils.config import find_file
from mmdet3d.utils.config_file import read_config
from mmdet3d.utils.keywords import check_keys

# The part that holds the frames of ``labels.part`` with the teacher's labels.
TAUGHT = 'taught'
# Folders beside those of the arms, and the teacher's.
_RESERVED = ('configs', 'data', 'kitti', 'labels', 'parts', 'start', 'teacher')
_KEYS = {
    'data': ('scenes', 'seed'),
    'data.scenes': ('train', 'val'),
    'teacher': ('config', 'checkpoint', 'epochs', 'seed', 'part', 'options'),
    'labels': ('part', 'score_thr', 'ignore_thr'),
    'student': ('config', 'epochs', 'frames', 'options', 'start'),
    'student.start': ('epochs', 'seed'),
    'full': ('teacher', 'student', 'arms'),
}
_ARM = ('kd_cfg', 'options', 'config', 'epochs', 'train')


@dataclass(frozen=True)
class Campaign:
    """What a campaign's file says; see ``benchmarks/gain`` for examples.

    Attributes:
        name: of its file.
        data: ``scenes`` to generate, ``train`` and ``val``, and their ``seed``; nothing where a
            folder has to be given.
        teacher: its ``config``, ``epochs``, ``seed``, ``options`` and the ``part`` it is trained
            on; or its ``checkpoint``.
        student: its ``config``, ``epochs`` and ``options``; ``frames`` is how many an epoch has,
            where frames are mixed; ``start`` the ``epochs`` and ``seed`` of a training of the
            baseline, with whose weights the students of all arms begin.
        arms: of each student by name: ``kd_cfg``, ``options``, ``config``, ``epochs`` and, in
            ``train``, the weights of the parts that it is trained on.
        baseline: name of the arm that the others are compared with.
        seeds: one training of each arm for each of them.
        parts: first and last fraction of the frames to train on, by name.
        labels: the ``part`` that the teacher labels, ``score_thr`` and ``ignore_thr``.
    """

    name: str
    data: Mapping[str, Any]
    teacher: Mapping[str, Any]
    student: Mapping[str, Any]
    arms: Mapping[str, Mapping[str, Any]]
    baseline: str
    seeds: Sequence[int]
    parts: Mapping[str, Sequence[float]]
    labels: Mapping[str, Any]


def load_campaign(path: str | Path, full: bool = False) -> Campaign:
    """Read a campaign's file, a config. Names that begin with an underscore are its own.

    Args:
        path: the file.
        full: take what its section ``full`` says: ``teacher``, ``student``, and ``arms`` in the
            place of those of their names.

    Raises:
        FileNotFoundError: if there is no such file.
        TypeError: if a section has a key that nothing reads.
        ValueError: if something is missing, or not what it can be.
    """
    read = read_config(find_file(path, 'campaign'))._cfg_dict.to_dict()
    said = {key: value for key, value in read.items() if not key.startswith('_')}
    fields = Campaign.__dataclass_fields__
    check_keys(str(path), said, sorted({*fields, 'full'} - {'name'}))
    for section, keys in _KEYS.items():
        check_keys(section, _section(said, section), keys)
    if full:
        said |= _full_size(said, path)
    for key in ('teacher', 'student', 'arms', 'baseline', 'seeds'):
        if not said.get(key):
            raise ValueError(f'{path} has no {key}, or an empty one')
    sections: dict[str, Any] = {key: said.get(key) or {} for key in fields if key != 'name'}
    campaign = Campaign(name=Path(path).stem, **sections)
    _check(campaign)
    return campaign


def _section(said: Mapping[str, Any], dotted: str) -> Mapping[str, Any]:
    section: Any = said
    for key in dotted.split('.'):
        section = section.get(key) or {}
        if not isinstance(section, Mapping):
            raise ValueError(f'{dotted}={section!r}: expected a dict')
    return section


def _full_size(said: Mapping[str, Any], path: str | Path) -> dict[str, Any]:
    full = said.get('full') or {}
    for section in ('teacher', 'student'):
        if not full.get(section):
            raise ValueError(f'{path} has no full.{section}, which --full takes')
        check_keys(f'full.{section}', full[section], _KEYS[section])
    given, own = said.get('arms') or {}, full.get('arms') or {}
    small = [name for name in given if 'config' in given[name] and name not in own]
    if small:
        raise ValueError(f'{path}: {small} of arms have configs of their own: give full.arms too')
    return {**full, 'arms': {**given, **own}}


def _check(campaign: Campaign) -> None:
    if campaign.student.get('start') and not campaign.student['start'].get('epochs'):
        raise ValueError('student.start has no epochs: say how long it is trained')
    for section in ('teacher', 'student'):
        if 'config' not in getattr(campaign, section):
            raise ValueError(f'{section} has no config: name its file')
    check_seeds(campaign.seeds)
    _check_parts(campaign.parts)
    _check_labels(campaign)
    _check_part('teacher.part', campaign.teacher.get('part'), campaign)
    for name, arm in campaign.arms.items():
        _check_arm(name, arm, campaign)
    if campaign.baseline not in campaign.arms:
        raise ValueError(
            f'baseline={campaign.baseline!r} is none of the arms {list(campaign.arms)}'
        )


def check_seeds(seeds: Any) -> None:
    """Refuse seeds that are no whole numbers, are none, or are given twice.

    Raises:
        ValueError: if they are.
    """
    whole = isinstance(seeds, (list, tuple)) and all(type(each) is int for each in seeds)
    if not whole or not seeds or min(seeds) < 0 or len(set(seeds)) < len(seeds):
        raise ValueError(f'seeds={seeds!r}: expected different whole numbers, 0 or more')


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _check_parts(parts: Mapping[str, Sequence[float]]) -> None:
    for name, part in parts.items():
        is_pair = isinstance(part, (list, tuple)) and len(part) == 2
        if not is_pair or not all(map(_is_number, part)) or not 0 <= part[0] < part[1] <= 1:
            raise ValueError(
                f'parts.{name}={part!r}: expected where it begins and ends, as [0, 1 / 2] is the '
                'first half of the frames'
            )
    ordered = sorted(parts, key=lambda name: parts[name][0])
    for one, other in pairwise(ordered):
        if parts[other][0] < parts[one][1]:
            raise ValueError(
                f'parts.{one}={parts[one]!r} and parts.{other}={parts[other]!r} overlap: a frame '
                'belongs to one part'
            )
    if TAUGHT in parts:
        raise ValueError(f'parts.{TAUGHT}: the name stands for the frames that the teacher labels')


def _check_labels(campaign: Campaign) -> None:
    if campaign.labels:
        _check_part('labels.part', campaign.labels.get('part', 'none'), campaign)


def _check_part(key: str, part: str | None, campaign: Campaign) -> None:
    if part is not None and part not in campaign.parts:
        raise ValueError(f'{key}={part!r} is none of the parts {list(campaign.parts)}')


def _check_arm(name: str, arm: Mapping[str, Any], campaign: Campaign) -> None:
    if not name.isidentifier() or name in _RESERVED:
        raise ValueError(
            f'arm {name!r}: expected a name of letters, digits and underscores, and none of '
            f'{list(_RESERVED)}'
        )
    if not isinstance(arm, Mapping):
        raise ValueError(f'arms.{name}={arm!r}: expected a dict, which may be empty')
    check_keys(f'arms.{name}', arm, _ARM)
    known = [*campaign.parts, *([TAUGHT] if campaign.labels else [])]
    weights = arm.get('train') or {}
    if bool(weights) != bool(known):
        raise ValueError(f'arms.{name}.train={weights!r}: expected weights of the parts {known}')
    for part, weight in weights.items():
        if part not in known or not _is_number(weight) or weight <= 0:
            raise ValueError(
                f'arms.{name}.train.{part}={weight!r}: expected numbers above 0, of {known}'
            )
    if weights and not campaign.student.get('frames'):
        raise ValueError('student has no frames: say how many an epoch has, for all arms alike')

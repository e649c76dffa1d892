from collections import OrderedDict, defaultdict
from dataclasses import dataclass, field
from typing import NamedTuple

import pytest
import torch
from mmcv import ConfigDict
from mmcv.parallel import DataContainer

from mmcv_patched.nested import map_leaves
from mmcv_patched.parallel import to_device, unpack
from mmcv_patched.precision import in_float32

CPU = torch.device('cpu')


class Pair(NamedTuple):
    left: object
    right: object


@dataclass(frozen=True)
class Record:
    value: object
    name: str = 'record'
    derived: object = field(init=False, default=None)


CONTAINERS = [
    lambda leaf: [leaf, [leaf]],
    lambda leaf: (leaf, leaf),
    lambda leaf: Pair(leaf, (leaf,)),
    lambda leaf: {'a': leaf},
    lambda leaf: OrderedDict(b=leaf, a=[leaf]),
    lambda leaf: ConfigDict(a=dict(b=leaf)),
    lambda leaf: defaultdict(list, a=leaf),
    lambda leaf: Record(leaf),
    lambda leaf: [Record(Pair(leaf, 1))],
]


@pytest.mark.parametrize('make', CONTAINERS)
def test_containers_keep_their_types_and_the_originals_their_leaves(make):
    data = make(1)
    mapped = map_leaves(lambda leaf: leaf + 1 if isinstance(leaf, int) else leaf, data)
    assert type(mapped) is type(data)
    assert data == make(1)
    if not isinstance(data, list) or not isinstance(data[0], Record):
        assert mapped == make(2)


def test_what_is_below_a_config_is_not_changed_in_place():
    data = ConfigDict(outer=dict(inner=1))
    map_leaves(lambda leaf: leaf + 1, data)
    assert data.outer.inner == 1


def test_shapes_and_classes_are_left_alone():
    data = {'shape': torch.Size([2, 3]), 'type': Record}
    mapped = map_leaves(lambda leaf: leaf, data)
    assert type(mapped['shape']) is torch.Size
    assert mapped == data


@pytest.mark.parametrize('make', CONTAINERS)
def test_a_batch_may_hold_any_container(make):
    content = torch.ones(2)
    data = to_device(make(DataContainer([content])), CPU)
    assert type(data) is type(make(content))
    found = []
    map_leaves(found.append, data)
    assert not any(isinstance(leaf, DataContainer) for leaf in found)
    assert any(leaf is content for leaf in found)


@pytest.mark.parametrize('make', CONTAINERS)
def test_what_is_computed_in_float32_may_hold_any_container(make):
    types = []

    @in_float32
    def note_types(data: object) -> None:
        map_leaves(lambda leaf: types.append(getattr(leaf, 'dtype', None)), data)

    note_types(make(torch.ones(2, dtype=torch.bfloat16)))
    assert torch.float32 in types
    assert torch.bfloat16 not in types


def test_an_unpacked_batch_is_handed_on_as_it_is():
    batch = unpack({'x': DataContainer([torch.ones(2)])}, CPU)
    assert torch.equal(batch['x'], torch.ones(2))
    assert to_device(batch, CPU) is batch

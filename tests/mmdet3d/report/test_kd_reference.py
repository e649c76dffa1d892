import inspect

import pytest

from mmdet3d.models.kd import KD_LOSSES, FeatureKind, KDLoss, losses
from mmdet3d.report.kd_reference import describe_loss, reference


def test_page_in_the_documentation_is_what_the_code_says(repo_root):
    page = (repo_root / 'docs' / 'kd_cfg.md').read_text(encoding='utf-8')
    assert page == reference(), 'run python tools/write_kd_reference.py'


@pytest.mark.parametrize('name', losses.__all__)
def test_every_option_of_a_loss_has_a_row_with_its_default(name):
    text = describe_loss(KD_LOSSES.get(name))
    for option in list(inspect.signature(KD_LOSSES.get(name)).parameters.values())[2:]:
        row = next(line for line in text.splitlines() if line.startswith(f'| `{option.name}` |'))
        cells = row.replace(r'\|', '').strip('| ').split(' | ')
        assert len(cells) == 4 and all(cells)
        assert cells[2] == f'`{option.default!r}`'


class Fancy(KDLoss):
    """a * |s| of the ``thing``.

    Args:
        teacher_channels: width.
        student_channels: width.
        level: how much,
            on two lines.
        kind: of which.
    """

    takes = frozenset({FeatureKind.MAPS})
    choices = {'kind': ('x', 'y')}
    positive = ('level',)
    not_negative = ()

    def __init__(self, teacher_channels, student_channels, level: int | None = 2, kind: str = 'x'):
        super().__init__(teacher_channels, student_channels)


def test_a_loss_is_described_by_its_docstring_signature_and_bounds():
    lines = describe_loss(Fancy).splitlines()
    assert lines[0] == '### Fancy'
    assert 'Takes maps.' in lines
    assert r'a \* \|s\| of the `thing`.' in lines
    assert '| `level` | int or None | `2` | how much, on two lines; above 0 |' in lines
    assert "| `kind` | str | `'x'` | of which; one of `'x'`, `'y'` |" in lines


class Untold(KDLoss):
    """Nothing.

    Args:
        teacher_channels: width.
        student_channels: width.
    """

    takes = frozenset({FeatureKind.MAPS})

    def __init__(self, teacher_channels, student_channels, level: int = 2):
        super().__init__(teacher_channels, student_channels)


def test_option_that_the_docstring_leaves_out_is_noticed():
    with pytest.raises(KeyError, match='level'):
        describe_loss(Untold)

"""Each package imports only from the floors below it."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

# From the ground up. Those in one tuple do not import each other.
FLOORS = [
    ('mmcv_patched',),
    ('mmdet_patched',),
    ('mmdet3d.ops', 'mmdet3d.utils'),
    ('mmdet3d.core',),
    ('mmdet3d.datasets', 'mmdet3d.models'),
    ('mmdet3d.apis',),
]
LEVEL = {name: level for level, names in enumerate(FLOORS) for name in names}


def owner(module: str) -> str | None:
    return next((name for name in LEVEL if f'{module}.'.startswith(f'{name}.')), None)


def imported(path: Path) -> set[str]:
    tree = ast.parse(path.read_text())
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.update(f'{node.module}.{alias.name}' for alias in node.names)
    return names


@pytest.mark.parametrize('package', LEVEL)
def test_package_imports_only_from_below(package):
    files = list((ROOT / package.replace('.', '/')).rglob('*.py'))
    assert files
    for path in files:
        for name in imported(path):
            other = owner(name)
            if other is not None and other != package:
                assert LEVEL[other] < LEVEL[package], f'{path} imports {name}'


def test_kd_utils_imports_torch_alone():
    names = imported(ROOT / 'mmdet3d' / 'utils' / 'kd_utils.py')
    assert {name.split('.')[0] for name in names} == {'torch'}

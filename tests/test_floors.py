"""Each package imports only from the floors below it, and nothing imports in a circle."""

import ast
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

# From the ground up. Those in one tuple do not import each other.
FLOORS = [
    ('mmcv_patched',),
    ('mmdet_patched',),
    ('mmdet3d.on_cpu', 'mmdet3d.utils'),
    ('mmdet3d.ops',),
    ('mmdet3d.core.geometry',),
    ('mmdet3d.core',),
    ('mmdet3d.clouds',),
    ('mmdet3d.datasets', 'mmdet3d.models'),
    ('mmdet3d.synthetic',),
    ('mmdet3d.apis',),
    ('mmdet3d.export',),
    ('mmdet3d.report',),
    ('tools',),
]
LEVEL = {name: level for level, names in enumerate(FLOORS) for name in names}

# Neighbours that do not know each other.
STRANGERS = [
    ('mmdet3d.datasets.kitti', 'mmdet3d.datasets.nuscenes'),
    ('mmdet3d.synthetic.kitti', 'mmdet3d.synthetic.nuscenes'),
    ('mmdet3d.on_cpu', 'mmdet3d.ops.on_device'),
]
MAX_LINES = 350


def is_in(module: str, package: str) -> bool:
    return f'{module}.'.startswith(f'{package}.')


def owner(module: str) -> str | None:
    """The innermost package of :data:`FLOORS` that holds a module."""
    return max((name for name in LEVEL if is_in(module, name)), key=len, default=None)


@cache
def modules() -> dict[str, Path]:
    """Every module of the project with its file."""
    found = {}
    for top in ('mmcv_patched', 'mmdet_patched', 'mmdet3d', 'tools'):
        for path in (ROOT / top).rglob('*.py'):
            parts = path.relative_to(ROOT).with_suffix('').parts
            found['.'.join(parts[:-1] if parts[-1] == '__init__' else parts)] = path
    return found


def names_imported(path: Path) -> set[str]:
    """Dotted names that a file imports anywhere, inside functions too."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.update(f'{node.module}.{alias.name}' for alias in node.names)
    return names


@cache
def graph() -> dict[str, set[str]]:
    """The modules of the project that each of them imports."""
    edges = {}
    for module, path in modules().items():
        named = names_imported(path)
        # The name of something inside a module stands for that module.
        targets = {name if name in modules() else name.rpartition('.')[0] for name in named}
        edges[module] = {target for target in targets if target in modules()}
    return edges


def imports() -> list[tuple[str, str]]:
    return [(module, target) for module, targets in graph().items() for target in targets]


def test_every_module_stands_on_a_floor():
    homeless = [name for name in modules() if owner(name) is None]
    assert sorted(homeless) == ['mmdet3d', 'mmdet3d.version']


@pytest.mark.parametrize('package', LEVEL)
def test_package_imports_only_from_below(package):
    own = [(module, target) for module, target in imports() if owner(module) == package]
    assert own
    for module, target in own:
        other = owner(target)
        if other is not None and other != package:
            assert LEVEL[other] < LEVEL[package], f'{module} imports {target}'


def test_no_module_imports_itself_in_a_circle():
    try:
        TopologicalSorter(graph()).prepare()
    except CycleError as error:
        pytest.fail(' imports '.join(reversed(error.args[1])))


@pytest.mark.parametrize('one, other', STRANGERS)
def test_neighbours_do_not_know_each_other(one, other):
    between = [
        (module, target)
        for module, target in imports()
        if (is_in(module, one) and is_in(target, other))
        or (is_in(module, other) and is_in(target, one))
    ]
    assert not between


def test_nothing_in_the_library_needs_the_simulator():
    users = {
        module
        for module, target in imports()
        if is_in(target, 'mmdet3d.synthetic') and not is_in(module, 'mmdet3d.synthetic')
    }
    assert users == {'tools.create_synthetic_kitti', 'tools.create_synthetic_nuscenes'}


def test_kd_utils_imports_torch_alone():
    names = names_imported(ROOT / 'mmdet3d' / 'utils' / 'kd_utils.py')
    assert {name.split('.')[0] for name in names} == {'torch', 'collections'}


def test_files_stay_short_and_no_room_holds_a_quarter_of_the_code():
    lines = {name: len(path.read_text().splitlines()) for name, path in modules().items()}
    assert max(lines.values()) <= MAX_LINES, max(lines, key=lines.get)
    rooms = {name for name in modules() if name.count('.') == 1 and name.startswith('mmdet3d.')}
    sizes = {room: sum(n for name, n in lines.items() if is_in(name, room)) for room in rooms}
    assert max(sizes.values()) < sum(lines.values()) / 4, sizes

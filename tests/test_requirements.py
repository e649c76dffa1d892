"""What is imported is listed, what is listed is used, and some of it can be done without."""

import ast
import re
import subprocess
import sys
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
FOLDERS = ('mmcv_patched', 'mmdet_patched', 'mmdet3d', 'tools', 'demo', 'tests', 'benchmarks')
OWN = {*FOLDERS, 'support', '_environment'}

# Listed, but imported by nothing here: the file that uses them, and the word by which it does.
USED_OTHERWISE = {
    'codespell': ('tools/run_tests.sh', '-m codespell_lib'),
    'mkdocs': ('tools/build_docs.sh', '-m mkdocs'),
    'mkdocs-material': ('mkdocs.yml', 'name: material'),
    'ml-dtypes': ('requirements-export.txt', "onnx's"),
    'mypy': ('tools/run_tests.sh', '-m mypy'),
    'onnxscript': ('mmdet3d/export/exporter.py', "'onnxscript'"),
    'ruff': ('tools/run_tests.sh', '-m ruff'),
    'tensorboard': ('configs/_base_/default_runtime.py', 'TensorboardLoggerHook'),
}
OPTIONAL = ('embreex', 'nuscenes', 'pyquaternion', 'safetensors', 'shapely', 'triton')


def normalised(name: str) -> str:
    """A distribution's name as pip compares it; spconv has another for each CUDA version."""
    return re.sub(r'^spconv-cu\d+$', 'spconv', name.lower().replace('_', '-'))


@cache
def listed() -> dict[str, str]:
    """The requirements' lines under their names."""
    parts = ('', '-test', '-export')
    text = ''.join((ROOT / f'requirements{part}.txt').read_text() for part in parts)
    lines = [line for line in text.splitlines() if line and not line.startswith('#')]
    return {normalised(line.split('==')[0]): line.split()[0] for line in lines}


@cache
def imported() -> dict[str, str]:
    """The third-party packages that are imported anywhere, with a file that does so."""
    found = {}
    for path in (path for folder in FOLDERS for path in (ROOT / folder).rglob('*.py')):
        for node in ast.walk(ast.parse(path.read_text())):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and node.module:
                names = [node.module]
            found |= {name.split('.')[0]: str(path.relative_to(ROOT)) for name in names}
    return {name: path for name, path in found.items() if name not in sys.stdlib_module_names | OWN}


@cache
def distributions_of(package: str) -> set[str]:
    """The names under which pip knows what is imported as ``package``."""
    return {normalised(name) for name in packages_distributions().get(package, ())}


def test_every_import_is_of_a_listed_requirement():
    unlisted = {
        package: path
        for package, path in imported().items()
        if not distributions_of(package) & set(listed())
    }
    assert not unlisted


def test_every_requirement_is_imported_or_used_otherwise():
    used = set().union(*(distributions_of(package) for package in imported()))
    assert set(listed()) - used == set(USED_OTHERWISE)


@pytest.mark.parametrize('name', USED_OTHERWISE)
def test_requirements_that_nothing_imports_are_used_where_it_says(name):
    path, word = USED_OTHERWISE[name]
    assert word in (ROOT / path).read_text()


def test_what_exported_models_need_is_pinned_alike_wherever_it_is_listed():
    lines = (ROOT / 'requirements-export.txt').read_text().splitlines()
    elsewhere = ''.join((ROOT / f'requirements{part}.txt').read_text() for part in ('', '-test'))
    pins = [line.split()[0] for line in lines if line and not line.startswith('#')]
    assert pins and all(f'\n{pin}' in elsewhere for pin in pins)


def test_every_requirement_is_pinned():
    assert all(re.fullmatch(r'[\w-]+==[\w.]+', line) for line in listed().values())


def python_without(packages: tuple[str, ...], code: str) -> subprocess.CompletedProcess:
    """Run code where packages cannot be imported, as if they were not installed."""
    blocked = f'import sys; sys.modules.update(dict.fromkeys({packages}))'
    command = [sys.executable, '-c', f'{blocked}\n{code}']
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_kitti_needs_neither_the_devkit_of_nuscenes_nor_the_simulator():
    modules = ('mmdet3d.apis', 'mmdet3d.datasets', 'mmdet3d.models', 'mmdet3d.report')
    tools = ('tools.create_data', 'tools.train', 'tools.test')
    code = f'sys.path.append("tools"); import {", ".join(modules + tools)}'
    done = python_without(OPTIONAL, code)
    assert done.returncode == 0, done.stderr


def test_the_simulator_says_how_to_install_what_it_misses():
    done = python_without(('embreex',), 'import mmdet3d.synthetic')
    assert done.returncode != 0
    assert f'pip install {listed()["embreex"]}' in done.stderr

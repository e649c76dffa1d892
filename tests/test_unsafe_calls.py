"""Nothing that comes from outside is executed: calls that do so, and why a few are allowed."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
FOLDERS = ('mmcv_patched', 'mmdet_patched', 'mmdet3d', 'tools', 'benchmarks', 'demo')
# What runs code that stands in a file or a text, or hands a text to a shell.
UNSAFE = {
    *('eval', 'exec', 'compile', '__import__', 'execfile'),
    *('pickle.load', 'pickle.loads', 'pickle.Unpickler', 'cPickle.load', 'marshal.loads'),
    *('marshal.load', 'dill.load', 'dill.loads', 'cloudpickle.load', 'cloudpickle.loads'),
    *('joblib.load', 'shelve.open', 'pd.read_pickle', 'pandas.read_pickle', 'mmcv.load'),
    *('mmcv.fileio.load', 'yaml.load', 'yaml.full_load', 'yaml.unsafe_load'),
    *('os.system', 'os.popen', 'torch.hub.load', 'torch.package.PackageImporter'),
    *('runpy.run_path', 'runpy.run_module', 'Config.fromstring', 'mmcv.Config.fromstring'),
    *('Config.fromfile', 'mmcv.Config.fromfile', 'import_modules_from_strings'),
}
# The argument that makes a call safe, and its value.
NEEDS = {
    'torch.load': ('weights_only', True),
    'np.load': ('allow_pickle', False),
    'numpy.load': ('allow_pickle', False),
}
ALLOWED = {
    (
        'mmdet3d/utils/config_file.py',
        'mmcv.Config.fromfile',
    ): 'configs are code, README says so',
    ('mmdet3d/apis/settings.py', 'mmcv.Config.fromfile'): "the project's own default_runtime.py",
    ('benchmarks/_environment.py', 'runpy.run_path'): "the project's own tools/_environment.py",
}


def name_of(function: ast.expr) -> str:
    """The dotted name of what is called; empty for anything else."""
    if isinstance(function, ast.Name):
        return function.id
    if isinstance(function, ast.Attribute) and (owner := name_of(function.value)):
        return f'{owner}.{function.attr}'
    return ''


def imported(tree: ast.AST) -> dict[str, str]:
    """The full names of what a module imports, by the names that it has there."""
    names = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names |= {a.asname or a.name: f'{node.module}.{a.name}' for a in node.names}
        elif isinstance(node, ast.Import):
            names |= {a.asname: a.name for a in node.names if a.asname}
    return names


def is_unsafe(call: ast.Call, name: str) -> bool:
    given = {word.arg: getattr(word.value, 'value', None) for word in call.keywords}
    if given.get('shell'):
        return True
    if name in NEEDS:
        word, value = NEEDS[name]
        return given.get(word) is not value
    return name in UNSAFE


def unsafe_calls(code: str) -> Iterator[str]:
    """Names of the unsafe functions that a module calls."""
    tree = ast.parse(code)
    names = imported(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            first, _, rest = name_of(node.func).partition('.')
            name = '.'.join(filter(None, (names.get(first, first), rest)))
            name = name.removeprefix('builtins.').replace('mmcv.utils.Config', 'mmcv.Config')
            if is_unsafe(node, name):
                yield name


@pytest.mark.parametrize('folder', FOLDERS)
def test_no_call_executes_what_a_file_says(folder):
    paths = sorted((ROOT / folder).rglob('*.py'))
    assert paths
    found = {
        (str(path.relative_to(ROOT)), name)
        for path in paths
        for name in unsafe_calls(path.read_text(encoding='utf-8'))
    }
    assert found == {place for place in ALLOWED if place[0].startswith(f'{folder}/')}


@pytest.mark.parametrize(
    'code',
    [
        'import pickle\npickle.load(file)',
        'from pickle import load\nload(file)',
        'import pickle as p\np.loads(text)',
        'import torch\ntorch.load(path)',
        'import torch\ntorch.load(path, weights_only=False)',
        'from torch import load\nload(path)',
        'import numpy as np\nnp.load(path)',
        'import numpy as np\nnp.load(path, allow_pickle=True)',
        'eval(text)',
        'import builtins\nbuiltins.exec(text)',
        'import subprocess\nsubprocess.run(text, shell=True)',
        'from mmcv import Config\nConfig.fromstring(text, ".py")',
        'import mmcv\nmmcv.load(path)',
        'import yaml\nyaml.load(text, yaml.Loader)',
    ],
)
def test_an_unsafe_call_is_noticed(code):
    assert len(list(unsafe_calls(code))) == 1


@pytest.mark.parametrize(
    'code',
    [
        'import torch\ntorch.load(path, weights_only=True)',
        'import numpy as np\nnp.load(path, allow_pickle=False)',
        'model.eval()',
        'import ast\nast.literal_eval(text)',
        'from mmdet3d.utils.unpickling import load_plain\nload_plain(content, path)',
    ],
)
def test_a_safe_call_is_allowed(code):
    assert list(unsafe_calls(code)) == []


def test_the_readme_says_that_configs_are_code():
    assert 'are Python code' in (ROOT / 'README.md').read_text(encoding='utf-8')

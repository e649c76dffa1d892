"""What a plain pip installation lacks must not stop imports, and must say so when it is called."""

import subprocess
import sys

import pytest

import mmcv_patched.stand_ins as stand_ins


def run(code: str) -> str:
    done = subprocess.run([sys.executable, '-c', code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_mmdet_and_mmdet3d_import_in_one_process_without_torchvision():
    print_versions = 'import mmcv_patched, mmdet, mmdet3d, mmcv.ops; print(mmdet.__version__)'
    assert run(print_versions).strip() == '2.28.2'


def test_calling_a_missing_operator_names_it_and_the_remedy():
    stand_in = stand_ins._StandIn('mmcv._ext', 'build mmcv-full')
    with pytest.raises(RuntimeError, match=r'mmcv._ext.nms was called.*build mmcv-full'):
        stand_in.nms(1, 2)


def test_private_attributes_are_missing_as_on_any_module():
    stand_in = stand_ins._StandIn('torchvision', 'install torchvision')
    assert not hasattr(stand_in, '__wrapped__')


def test_an_installed_module_is_left_alone(tmp_path):
    (tmp_path / 'torchvision.py').write_text("__version__ = '0.99'\n")
    code = (
        f'import sys; sys.path.insert(0, {str(tmp_path)!r}); import mmcv_patched, torchvision;'
        'print(torchvision.__version__, torchvision.__file__)'
    )
    version, path = run(code).split()
    assert version == '0.99'
    assert path == str(tmp_path / 'torchvision.py')

"""The rows of the performance table on whole detectors measure each size and each precision."""

import pytest

from benchmarks.rows import frames, inference, kd_loss, training_step, voxelization


@pytest.fixture
def quick(monkeypatch):
    """One size, each function called once, and a machine of a known speed."""

    def once(*functions, **_):
        return [2.0 for function in functions if function() is not None]

    for module in (inference, training_step):
        monkeypatch.setattr(module, 'compare', once)
        monkeypatch.setattr(module, 'SIZES', {'16x': '_student_16x'})
    monkeypatch.setattr(frames, 'matrix_rate', lambda *_: 1e9)


@pytest.mark.usefixtures('quick', 'one_thread')
@pytest.mark.parametrize(('module', 'passes'), [(inference, 1), (training_step, 6)])
def test_rows_have_their_limit_from_the_networks_multiply_adds(module, passes, kitti_data):
    full, low = module.rows(str(kitti_data))
    assert 'PointPillars 16x' in full.work
    assert low.plain == full.shipped == 2.0
    config = f'{frames.PILLARS}_student_16x.py'
    operations = frames.multiply_adds(config, frames.first_cloud(str(kitti_data)))
    assert operations > 1e9
    assert full.limit == pytest.approx(passes * operations / 1e9)


@pytest.mark.gpu
def test_rows_on_tensors_are_measured_on_a_gpu():
    _, (student, *_) = kd_loss.prepare()
    assert student.is_cuda
    assert kd_loss.shipped() == pytest.approx(kd_loss.plain(), rel=1e-4)
    assert all(each.is_cuda for each in voxelization.shipped())

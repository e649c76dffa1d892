import pytest

from mmdet3d.apis.teacher_zoo import download_teacher


def test_unknown_teachers_are_answered_with_the_known(tmp_path):
    with pytest.raises(ValueError, match=r"'centerpoint'.*pointpillars, second, point_rcnn"):
        download_teacher('centerpoint', tmp_path)

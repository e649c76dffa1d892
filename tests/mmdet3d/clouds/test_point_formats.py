"""Clouds in files of other formats than KITTI's."""

import gzip

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.cloud_files import compress, named, write_pcd, write_ply

from mmdet3d.datasets.files import DataFormatError
from mmdet3d.datasets.point_files import read_points
from mmdet3d.on_cpu.lzf import decompress

PLY_ENCODINGS = ('ascii', 'binary_little_endian', 'binary_big_endian')
XYZI = ['x', 'y', 'z', 'intensity']
ENCODINGS = ['ascii', 'binary', 'binary_compressed']


@pytest.fixture
def points():
    rng = np.random.default_rng(0)
    cloud = rng.normal(size=(300, 5)) * [20, 20, 1, 0.1, 5] + [0, 0, -1, 0.5, 16]
    return cloud.astype(np.float32)


@pytest.fixture
def pcd(tmp_path, points):
    """Write the points as an ascii PCD whose text was changed."""

    def write(old: str, new: str):
        path = write_pcd(tmp_path / 'cloud.pcd', named(points[:, :4], XYZI), 'ascii')
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new, 1))
        return path

    return write


@given(st.binary(max_size=3000) | st.text('ab', max_size=3000).map(str.encode))
@settings(max_examples=60, deadline=None)
def test_lzf_gives_back_what_was_compressed(data):
    packed = np.frombuffer(compress(data), np.uint8)
    assert decompress(packed, len(data)).tobytes() == data
    if data:
        assert len(decompress(packed, len(data) + 1)) == 0
        assert len(decompress(packed[:-1], len(data))) == 0


@given(
    st.sampled_from(ENCODINGS),
    st.tuples(*[st.sampled_from(['<f4', '<f8', '<i4', '<i2', '<u4'])] * 3),
    st.sampled_from(['<f4', '<f8', '<u1', '<u2']),
    st.permutations(['x', 'y', 'z', 'intensity', 'ring', '_a', '_b', 'normal']),
    st.integers(0, 40),
)
@settings(max_examples=60, deadline=None)
def test_every_encoding_of_a_pcd_gives_the_points(
    tmp_path_factory, encoding, types, intensity, order, number
):
    rng = np.random.default_rng(number)
    kinds = dict(zip(XYZI, [*types, intensity])) | {
        'ring': '<u2',
        '_a': 'u1',
        '_b': '(3,)f4',
        'normal': '(3,)f8',
    }
    cloud = np.zeros(number, [(name, np.dtype(kinds[name])) for name in order])
    for name in XYZI:
        cloud[name] = rng.integers(0, 100, number)
    path = tmp_path_factory.mktemp('pcd') / 'cloud.pcd'
    found = read_points(write_pcd(path, cloud, encoding))
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, np.stack([cloud[n] for n in XYZI], 1).astype('f4'))


@pytest.mark.parametrize('encoding', ENCODINGS)
def test_float_values_survive_every_encoding(tmp_path, points, encoding):
    path = write_pcd(tmp_path / 'cloud.PCD', named(points[:, :4], XYZI), encoding)
    np.testing.assert_array_equal(read_points(path), points[:, :4])


@pytest.mark.parametrize('name', ['I', 'Reflectivity', 'remission', 'scalar_Intensity', 'r'])
def test_intensity_goes_by_several_names(tmp_path, points, name):
    cloud = named(points[:, [3, 0, 1, 2]], [name, 'X', 'Y', 'Z'])
    for path in (write_pcd(tmp_path / 'a.pcd', cloud), write_ply(tmp_path / 'a.ply', cloud)):
        np.testing.assert_array_equal(read_points(path), points[:, :4])


def test_red_is_no_reflectance(tmp_path, points):
    path = write_pcd(tmp_path / 'a.pcd', named(points[:, [0, 1, 2, 3, 3, 3]], [*'xyzrgb']))
    with pytest.raises(DataFormatError, match=r"a\.pcd has the fields \['x'.*column 3.*intensity"):
        read_points(path)
    assert read_points(path, use_dim=[0, 1, 2]).shape == (300, 3)


@pytest.mark.parametrize('others', [['ring'], ['timestamp'], ['ring', 't'], ['laser_id', 'time']])
def test_a_fifth_column_is_the_beam_or_else_the_time(tmp_path, points, others):
    columns = [0, 1, 2, 3, 4, 0][: 4 + len(others)]
    path = write_pcd(tmp_path / 'a.pcd', named(points[:, columns], [*XYZI, *others]))
    np.testing.assert_array_equal(read_points(path, num_features=5), points)


def test_missing_fields_are_named_with_what_fits(tmp_path, points):
    path = write_ply(tmp_path / 'a.ply', named(points[:, :4], XYZI))
    with pytest.raises(
        DataFormatError, match=r'a\.ply has the fields .*column 4 .* ring or .*time'
    ):
        read_points(path, num_features=5)


@pytest.mark.parametrize('encoding', PLY_ENCODINGS)
@pytest.mark.parametrize('dtype', ['f4', 'f8'])
def test_ply_vertices_are_read(tmp_path, points, encoding, dtype):
    path = write_ply(tmp_path / 'a.ply', named(points[:, :4].astype(dtype), XYZI), encoding)
    np.testing.assert_allclose(read_points(path), points[:, :4], rtol=1e-6)


@pytest.mark.parametrize('encoding', PLY_ENCODINGS)
def test_a_ply_with_colours_and_no_points_is_an_empty_cloud(tmp_path, encoding):
    colours = [('red', 'u1'), ('ring', 'i2')]
    cloud = np.zeros(0, [(name, 'f4') for name in XYZI] + colours)
    assert read_points(write_ply(tmp_path / 'a.ply', cloud, encoding)).shape == (0, 4)


@pytest.mark.parametrize('encoding', PLY_ENCODINGS)
def test_a_ply_that_is_cut_short_is_named(tmp_path, points, encoding):
    path = write_ply(tmp_path / 'a.ply', named(points[:, :4], XYZI), encoding)
    content = path.read_bytes()
    path.write_bytes(content[: len(content) * 2 // 3])
    with pytest.raises(DataFormatError, match=r'a\.ply: its header says \d+ points.*cut short'):
        read_points(path)


@pytest.mark.parametrize(
    'content, message',
    [
        ('ply\nformat ascii 1.0\nelement vertex 3\n', 'up to "end_header"'),
        ('plx\nformat ascii 1.0\nend_header\n', 'begin with "ply"'),
        ('ply\nformat octal 1.0\nend_header\n', 'header cannot be understood .*octal'),
        ('ply\nend_header\n', 'header cannot be understood'),
        ('ply\nformat ascii 1.0\nelement vertex many\nend_header\n', 'cannot be understood'),
        ('ply\nformat ascii 1.0\nelement vertex -1\nend_header\n', 'count below 0'),
        ('ply\nformat ascii 1.0\nproperty float x\nend_header\n', 'cannot be understood'),
        (
            'ply\nformat ascii 1.0\nelement vertex 1\nproperty half x\nend_header\n',
            'cannot be understood .*half',
        ),
        (
            'ply\nformat ascii 1.0\nelement face 0\nend_header\n',
            r"has the elements \['face'\]; points are expected in 'vertex'",
        ),
        (
            'ply\nformat ascii 1.0\nelement vertex 1\nproperty list uchar int x\nend_header\n',
            'have lists',
        ),
        (
            'ply\nformat ascii 1.0\nelement vertex 1\nproperty float x\nend_header\nhello\n',
            'points cannot be read',
        ),
    ],
)
def test_a_broken_ply_is_named(tmp_path, content, message):
    (tmp_path / 'a.ply').write_text(content)
    with pytest.raises(DataFormatError, match=rf'a\.ply: .*{message}|a\.ply: {message}'):
        read_points(tmp_path / 'a.ply')


def test_points_a_scanner_did_not_hit_are_dropped(tmp_path, points):
    points[::3, :3] = np.nan
    path = write_pcd(tmp_path / 'a.pcd', named(points[:, :4], XYZI), 'ascii', height=3)
    with pytest.warns(UserWarning, match=r'a\.pcd: dropped 100 of 300 points'):
        assert len(read_points(path)) == 200


@pytest.mark.parametrize(
    ('old', 'new', 'message'),
    [
        ('DATA ascii', 'DATA binary_lzma', "DATA is 'binary_lzma'; expected one of"),
        ('DATA ascii', '', 'no line of its header says DATA'),
        ('FIELDS x y z intensity', '', 'its header has no FIELDS'),
        ('FIELDS x y z intensity', 'FIELDS x y z', 'SIZE has 4 entries and FIELDS 3'),
        ('FIELDS x y z', 'FIELDS x x z', r"FIELDS has \['x'\] more than once"),
        ('SIZE 4 4', 'SIZE 3 4', 'field x has TYPE F, SIZE 3'),
        ('TYPE F', 'TYPE D', 'field x has TYPE D'),
        ('POINTS 300', 'POINTS 299', 'POINTS is 299, but WIDTH 300 times HEIGHT 1 is 300'),
        ('WIDTH 300', 'WIDTH many', "WIDTH is 'many'; expected whole numbers"),
        ('VIEWPOINT', 'WIDTH 200\nPOINTS 200\nVIEWPOINT', 'POINTS is 300'),
        ('DATA ascii\n', 'DATA ascii\n1 2 3\n', 'its points cannot be read'),
        (
            'DATA ascii\n',
            'DATA ascii\n1 2 3 4\n',
            'has 301 lines of 4 numbers; its header says 300',
        ),
    ],
)
def test_what_is_wrong_in_a_pcd_is_named(pcd, old, new, message):
    with pytest.raises(DataFormatError, match=rf'cloud\.pcd: .*{message}'):
        read_points(pcd(old, new))


@pytest.mark.parametrize('encoding', ENCODINGS[1:])
@pytest.mark.parametrize('cut', [3, 100, 4700])
def test_a_pcd_that_is_cut_short_is_named(tmp_path, points, encoding, cut):
    path = write_pcd(tmp_path / 'a.pcd', named(points[:, :4], XYZI), encoding)
    path.write_bytes(path.read_bytes()[:-cut])
    with pytest.raises(DataFormatError, match=r'a\.pcd: .*(cut short|ends before)'):
        read_points(path)


def test_header_lines_may_end_as_windows_does_and_leave_out_what_they_can(tmp_path):
    path = tmp_path / 'a.pcd'
    path.write_bytes(
        b'FIELDS x y z i\r\nSIZE 4 4 4 4\r\nTYPE F F F F\r\nWIDTH 2\r\nHEIGHT 1\r\n'
        b'DATA ascii\r\n1 2 3 0.5\r\n4 5 6 0.25\r\n'
    )
    assert read_points(path).tolist() == [[1, 2, 3, 0.5], [4, 5, 6, 0.25]]


@pytest.mark.parametrize('dtype', ['<f4', '>f4', 'f2', 'f8', 'i4'])
def test_arrays_of_any_number_are_read(tmp_path, dtype):
    cloud = np.arange(40).reshape(10, 4).astype(dtype)
    np.save(tmp_path / 'a.npy', cloud)
    found = read_points(tmp_path / 'a.npy')
    assert found.dtype == np.float32 and found.tolist() == cloud.tolist()


def test_structured_arrays_are_read_by_name(tmp_path, points):
    np.save(tmp_path / 'a.npy', named(points[:, [3, 0, 1, 2]], ['intensity', 'x', 'y', 'z']))
    np.testing.assert_array_equal(read_points(tmp_path / 'a.npy'), points[:, :4])


@pytest.mark.parametrize(
    ('array', 'message'),
    [
        (np.zeros((7, 3)), r'shape \(7, 3\), 3 columns; expected \(N, 4\).*Add the missing'),
        (np.zeros((7, 6)), r'6 columns.*array\[:, :4\]'),
        (np.zeros((4, 7)), r'transposed: give array\.T'),
        (np.zeros(28), r'has shape \(28,\)'),
        (np.zeros((2, 7, 4)), r'has shape \(2, 7, 4\)'),
        (np.zeros((7, 4), np.uint8), 'type uint8; .*frombuffer'),
        (np.zeros((7, 4), complex), 'type complex128'),
        (np.full((7, 4), '1'), 'type <U1'),
        (np.full((7, 4), None), 'no objects|cannot be read|Object arrays'),
        (np.full((7, 4), 10**9), 'integers up to 1000000000; .*metres'),
    ],
)
def test_what_is_wrong_in_an_array_is_named(tmp_path, array, message):
    np.save(tmp_path / 'a.npy', array)
    with pytest.raises(DataFormatError, match=rf'a\.npy: .*{message}'):
        read_points(tmp_path / 'a.npy')


@pytest.mark.parametrize(
    ('suffix', 'message'),
    [
        ('.npz', r"suffix '\.npz'; .*numpy\.save"),
        ('.gz', 'gunzip'),
        ('.csv', r'clouds are read from \.bin, \.npy, \.pcd, \.ply'),
        ('', "suffix ''"),
    ],
)
def test_other_suffixes_are_refused_with_a_remedy(tmp_path, suffix, message):
    (tmp_path / f'a{suffix}').write_bytes(bytes(64))
    with pytest.raises(DataFormatError, match=message):
        read_points(tmp_path / f'a{suffix}')


def npy_bytes(points, folder):
    np.save(folder / 'x.npy', points)
    return (folder / 'x.npy').read_bytes()


@pytest.mark.parametrize(
    ('make', 'message'),
    [
        (lambda p, d: npy_bytes(p, d), r'a \.npy array'),
        (lambda p, d: write_pcd(d / 'x.pcd', named(p, XYZI)).read_bytes(), r'a \.pcd cloud'),
        (lambda p, d: write_ply(d / 'x.ply', named(p, XYZI)).read_bytes(), r'a \.ply cloud'),
        (lambda p, d: gzip.compress(p.tobytes()), 'a gzip file'),
        (lambda p, d: b'version https://git-lfs.github.com/spec/v1\noid sha256:0', 'git lfs pull'),
        (lambda p, d: b'1.5 2.5 3.5 0.1\n' * 9, r"text, which begins with '1\.5 2\.5"),
        (lambda p, d: b'<!DOCTYPE html>\n', 'text, which begins with'),
    ],
)
def test_a_file_that_is_named_bin_and_is_none_is_refused(tmp_path, points, make, message):
    (tmp_path / 'a.bin').write_bytes(make(points[:, :4], tmp_path))
    with pytest.raises(DataFormatError, match=rf'a\.bin: this is .*{message}'):
        read_points(tmp_path / 'a.bin')


@pytest.mark.parametrize('suffix', ['.npy', '.pcd', '.ply'])
def test_raw_values_under_another_suffix_are_refused(tmp_path, points, suffix):
    points[:, :4].tofile(tmp_path / f'a{suffix}')
    with pytest.raises(DataFormatError, match=rf'a\{suffix}'):
        read_points(tmp_path / f'a{suffix}')


def test_the_suffix_of_nuscenes_is_raw(tmp_path, points):
    points.tofile(tmp_path / 'a.pcd.bin')
    np.testing.assert_array_equal(read_points(tmp_path / 'a.pcd.bin', num_features=5), points)

"""Text files of data sets in any encoding, and the lists of classes."""

import pytest

from mmdet3d.datasets import Custom3DDataset
from mmdet3d.datasets.files import DataFormatError, read_text
from mmdet3d.datasets.kitti import read_calib, read_label, read_split

CAR = 'Car 0.10 2 -1.57 540 170 660.5 300 1.50 1.60 4.00 0.25 1.50 10.00 -0.5\n'


@pytest.mark.parametrize('encoding', ['utf-8', 'utf-8-sig'])
def test_text_is_read_with_and_without_a_mark(tmp_path, encoding):
    (tmp_path / 'names.txt').write_text('Fußgänger\r\nCar', encoding)
    assert read_text(tmp_path / 'names.txt', 'a list').splitlines() == ['Fußgänger', 'Car']


@pytest.mark.parametrize(
    ('content', 'words'),
    [
        (CAR.encode('utf-16'), 'UTF-16 or UTF-32'),
        (CAR.encode('utf-32'), 'UTF-16 or UTF-32'),
        (CAR.encode('utf-16-le'), 'UTF-16 without a byte-order mark'),
        (CAR.encode('utf-16-be'), 'UTF-16 without a byte-order mark'),
        ('Fußgänger 0 0'.encode('latin-1'), r'Latin-1 \(ISO-8859-1\)'),
        (bytes(range(256)), 'binary'),
        (b'\x80\x04\x95\x01\x02', 'binary'),
    ],
)
def test_other_encodings_are_named_with_a_remedy(tmp_path, content, words):
    (tmp_path / '000008.txt').write_bytes(content)
    with pytest.raises(DataFormatError, match=rf'000008\.txt: a list .*{words}.*iconv') as caught:
        read_text(tmp_path / '000008.txt', 'a list')
    assert '\n' not in str(caught.value)


def test_a_mark_is_no_part_of_the_first_name_number_or_id(tmp_path, make_frame):
    label, calib = tmp_path / 'label.txt', tmp_path / 'calib.txt'
    label.write_text(CAR, 'utf-8-sig')
    assert read_label(label)['name'].tolist() == ['Car']
    matrix = '1 0 0 0 0 1 0 0 0 0 1 0'
    text = f'P2: {matrix}\nR0_rect: 1 0 0 0 1 0 0 0 1\nTr_velo_to_cam: {matrix}\n'
    calib.write_text(text, 'utf-8-sig')
    assert set(read_calib(calib)) == {'P2', 'R0_rect', 'Tr_velo_to_cam'}
    (tmp_path / 'ImageSets').mkdir()
    (tmp_path / 'ImageSets/train.txt').write_text('000008\r\n000009  \r\n\r\n', 'utf-8-sig')
    assert read_split(tmp_path, 'train') == [8, 9]


@pytest.mark.parametrize('read', [read_label, read_calib, lambda path: read_split(path, 'train')])
def test_every_text_file_says_what_it_is(tmp_path, read):
    (tmp_path / 'ImageSets').mkdir()
    for path in (tmp_path / 'ImageSets/train.txt', tmp_path / 'file.txt'):
        path.write_bytes(CAR.encode('utf-16'))
    with pytest.raises(DataFormatError, match=r'(train|file)\.txt: a .* is expected here as UTF-8'):
        read(tmp_path if read not in (read_label, read_calib) else tmp_path / 'file.txt')


def test_a_list_of_classes_has_one_name_a_line(tmp_path):
    (tmp_path / 'names.txt').write_text('Car \r\n\r\nPerson_sitting\r\n', 'utf-8-sig')
    assert Custom3DDataset.get_classes(str(tmp_path / 'names.txt')) == ['Car', 'Person_sitting']


def test_a_list_of_classes_that_is_empty_or_absent_is_named(tmp_path):
    (tmp_path / 'names.txt').write_text('\n')
    with pytest.raises(DataFormatError, match=r'names\.txt has no class name'):
        Custom3DDataset.get_classes(str(tmp_path / 'names.txt'))
    with pytest.raises(FileNotFoundError, match=r'Car: a list of class names \(a single class'):
        Custom3DDataset.get_classes('Car')

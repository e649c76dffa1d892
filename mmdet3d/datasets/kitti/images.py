"""The size of the camera image, the only thing LiDAR detection needs of it."""

from pathlib import Path

from PIL import Image, UnidentifiedImageError

from mmdet3d.datasets.files import DataFormatError

# Most KITTI images have this size; the others are at most 5 rows and 18 columns smaller.
DEFAULT_IMAGE_SHAPE = (375, 1242)


def read_image_shape(path: str | Path) -> tuple[int, int] | None:
    """Read an image's size from its header, without decoding it.

    Args:
        path: the image, as KITTI's ``image_2/000008.png``.

    Returns:
        (height, width) in pixels, or None if there is no such file.

    Raises:
        DataFormatError: if the file is no image.
    """
    if not Path(path).is_file():
        return None
    try:
        with Image.open(path) as image:
            return image.height, image.width
    except UnidentifiedImageError as error:
        raise DataFormatError(
            f'{path}: this is no image file. Restore it, or remove it to assume the size '
            f'{DEFAULT_IMAGE_SHAPE}.'
        ) from error

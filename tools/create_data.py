"""Convert a raw dataset to the files that training and evaluation read."""

import argparse
import sys
from pathlib import Path

from mmdet3d.datasets.kitti import KittiFormatError, create_kitti_data


def parse_args() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    datasets = parser.add_subparsers(dest='dataset', required=True)
    kitti = datasets.add_parser('kitti', help='the KITTI object dataset')
    kitti.add_argument(
        '--root-path',
        type=Path,
        default=Path('data/kitti'),
        help='the raw dataset: ImageSets, training and optionally testing (%(default)s)',
    )
    kitti.add_argument(
        '--out-dir',
        type=Path,
        help='where to write, to be used as data_root afterwards (default: the root path)',
    )
    kitti.add_argument(
        '--extra-tag', default='kitti', help="the prefix of the files' names (%(default)s)"
    )
    kitti.add_argument(
        '--workers',
        type=_positive_int,
        help='processes to use (default: as the size of the dataset merits)',
    )
    return parser.parse_args()


def _positive_int(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f'{text!r} is not a whole number of 1 or more')
    return int(text)


def main() -> None:
    """Run the conversion that the command line names."""
    args = parse_args()
    out_dir = args.out_dir or args.root_path
    try:
        print(create_kitti_data(args.root_path, out_dir, args.extra_tag, args.workers))
    except (OSError, KittiFormatError) as error:
        sys.exit(f'error: {error}')


if __name__ == '__main__':
    main()

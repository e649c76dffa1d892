"""Convert a raw dataset to the files that training and evaluation read."""

import argparse
import sys
from pathlib import Path

from mmdet3d.datasets.files import DataFormatError
from mmdet3d.datasets.kitti import create_kitti_data
from mmdet3d.datasets.nuscenes import SPLITS, create_nuscenes_data


def parse_args() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    datasets = parser.add_subparsers(dest='dataset', required=True)
    kitti = datasets.add_parser('kitti', help='the KITTI object dataset')
    _add_paths(kitti, 'kitti', 'ImageSets, training and optionally testing')
    kitti.add_argument(
        '--workers',
        type=_positive_int,
        help='processes to use (default: as the size of the dataset merits)',
    )
    nuscenes = datasets.add_parser('nuscenes', help='nuScenes')
    _add_paths(nuscenes, 'nuscenes', 'maps, samples, sweeps and the tables of the version')
    nuscenes.add_argument(
        '--version', choices=SPLITS, default='v1.0-trainval', help='which tables (%(default)s)'
    )
    nuscenes.add_argument(
        '--max-sweeps',
        type=_whole_number,
        default=10,
        help='sweeps to list per sample (%(default)s)',
    )
    return parser.parse_args()


def _add_paths(parser: argparse.ArgumentParser, name: str, content: str) -> None:
    parser.add_argument(
        '--root-path',
        type=Path,
        default=Path('data') / name,
        help=f'the raw dataset: {content} (%(default)s)',
    )
    parser.add_argument(
        '--out-dir',
        type=Path,
        help='where to write, to be used as data_root afterwards (default: the root path)',
    )
    parser.add_argument(
        '--extra-tag', default=name, help="the prefix of the files' names (%(default)s)"
    )


def _positive_int(text: str) -> int:
    return _whole_number(text, least=1)


def _whole_number(text: str, least: int = 0) -> int:
    if not text.isdecimal() or int(text) < least:
        raise argparse.ArgumentTypeError(f'{text!r} is not a whole number of {least} or more')
    return int(text)


def _convert(args: argparse.Namespace, out_dir: Path) -> object:
    if args.dataset == 'kitti':
        return create_kitti_data(args.root_path, out_dir, args.extra_tag, args.workers)
    return create_nuscenes_data(
        args.root_path, out_dir, args.version, args.max_sweeps, args.extra_tag
    )


def main() -> None:
    """Run the conversion that the command line names."""
    args = parse_args()
    try:
        print(_convert(args, args.out_dir or args.root_path))
    except (OSError, ImportError, DataFormatError) as error:
        sys.exit(f'error: {error}')


if __name__ == '__main__':
    main()

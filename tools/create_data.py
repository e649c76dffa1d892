"""Convert a raw dataset to the files that training and evaluation read."""

import argparse
from pathlib import Path

import _environment  # noqa: F401

from mmdet3d.datasets.kitti import create_kitti_data
from mmdet3d.datasets.nuscenes import SPLITS, create_nuscenes_data
from mmdet3d.utils.command_line import run_tool
from mmdet3d.utils.tool_parser import Refused, ToolParser, whole_number
from mmdet3d.utils.writable import check_folder

# As mmdetection3d calls nuScenes' trainval tables; its commands name it for KITTI too.
V1 = 'v1.0'


def parse_args() -> argparse.Namespace:
    """Read the command line."""
    parser = ToolParser(description=__doc__)
    parser.add_argument('dataset', choices=('kitti', 'nuscenes'), help='which one it is')
    parser.add_argument(
        '--root-path',
        type=Path,
        help='the raw dataset. KITTI: ImageSets, training and optionally testing; nuScenes: maps, '
        'samples, sweeps and the tables of the version (data/kitti, data/nuscenes)',
    )
    parser.add_argument(
        '--out-dir',
        type=Path,
        help='where to write, to be used as data_root afterwards (default: the root path)',
    )
    parser.add_argument('--extra-tag', help="the prefix of the files' names (the dataset's name)")
    parser.add_argument(
        '--workers',
        type=whole_number(1),
        help='processes to use for KITTI (default: as the size of the dataset merits)',
    )
    parser.add_argument(
        '--version',
        choices=[*SPLITS, V1],
        default='v1.0-trainval',
        help='which tables of nuScenes (%(default)s)',
    )
    parser.add_argument(
        '--max-sweeps',
        type=whole_number(),
        default=10,
        help='sweeps of nuScenes to list per sample (%(default)s)',
    )
    parser.add_argument(
        '--with-plane',
        action=Refused,
        nargs=0,
        instead='planes of the road serve use_ground_plane alone, which there is not; leave it out',
    )
    args = parser.parse_args()
    args.root_path = args.root_path or Path('data') / args.dataset
    args.out_dir = args.out_dir or args.root_path
    args.extra_tag = args.extra_tag or args.dataset
    args.version = 'v1.0-trainval' if args.version == V1 else args.version
    return args


def main() -> None:
    """Run the conversion that the command line names."""
    args = parse_args()
    check_folder(args.out_dir, '--out-dir')
    if args.dataset == 'kitti':
        print(create_kitti_data(args.root_path, args.out_dir, args.extra_tag, args.workers))
    else:
        print(
            create_nuscenes_data(
                args.root_path, args.out_dir, args.version, args.max_sweeps, args.extra_tag
            )
        )


if __name__ == '__main__':
    run_tool(main, 'the same command starts again')

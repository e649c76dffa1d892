"""Arguments of the tools that detect: what makes detection faster."""

import argparse
from typing import Any

from mmcv_patched.precision import PRECISIONS


def add_speed_arguments(parser: argparse.ArgumentParser) -> None:
    """Add ``--fuse-conv-bn``, ``--channels-last`` and ``--precision``."""
    parser.add_argument(
        '--fuse-conv-bn', action='store_true', help='merge normalisation into the layers before it'
    )
    parser.add_argument(
        '--channels-last',
        action=argparse.BooleanOptionalAction,
        help='how maps lie in memory (where it is faster and exact: on a CPU)',
    )
    parser.add_argument(
        '--precision',
        choices=PRECISIONS,
        help='what the network computes in; fp16 on a GPU alone (as fp16 of the config says)',
    )


def speed_options(args: argparse.Namespace) -> dict[str, Any]:
    """Return what these arguments say, by the names of ``set_speed_options``."""
    return {
        'fuse_conv_bn': args.fuse_conv_bn,
        'channels_last': args.channels_last,
        'precision': args.precision,
    }

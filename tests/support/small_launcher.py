"""What tools/_launch.py does, for the small tool: its arguments are GPUS and the tool's."""

import sys
from pathlib import Path

from mmdet3d.utils.command_line import run_tool
from mmdet3d.utils.launch import launch

TOOL = Path(__file__).with_name('small_tool.py')


if __name__ == '__main__':
    run_tool(lambda: sys.exit(launch(TOOL, int(sys.argv[1]), sys.argv[2:], 'the command')))

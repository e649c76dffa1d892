"""Imported first by every benchmark: checks the environment as the tools do."""

import runpy
from pathlib import Path

runpy.run_path(str(Path(__file__).resolve().parents[1] / 'tools' / '_environment.py'))

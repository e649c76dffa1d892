"""Where detectors go wrong: what they miss, misplace, turn, invent and find twice."""

from mmdet3d.report.errors.analysis import analyze_errors
from mmdet3d.report.errors.boxes import relabelled
from mmdet3d.report.errors.report import (
    Errors,
    error_sections,
    find_errors,
    format_errors,
    write_errors,
)

__all__ = [
    'Errors',
    'analyze_errors',
    'error_sections',
    'find_errors',
    'format_errors',
    'relabelled',
    'write_errors',
]

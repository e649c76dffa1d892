"""Clouds on disk by their formats, and whether their values can be those of a scanner.

:mod:`mmdet3d.datasets.point_files` chooses among the formats.
"""

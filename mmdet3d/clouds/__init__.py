"""Clouds on disk by their formats, and whether their values can be those of a scanner.

:mod:`mmdet3d.clouds.read` chooses among the formats.
"""

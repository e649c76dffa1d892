"""The tables of the PointDistiller paper from the logs and configs of any runs."""

from mmdet3d.report.paper.formats import FORMATS
from mmdet3d.report.paper.published import read_published
from mmdet3d.report.paper.table import Table
from mmdet3d.report.paper.tables import make_tables

__all__ = ['FORMATS', 'Table', 'make_tables', 'read_published']

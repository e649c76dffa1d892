"""Point clouds by file format; :mod:`mmdet3d.datasets.point_files` chooses among them."""

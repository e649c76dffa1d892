"""Reading nuScenes, converting it for training and evaluation, and its official metric."""

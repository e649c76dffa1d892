"""Shapes of vehicles, people and scenery, as meshes."""

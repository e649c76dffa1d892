"""Scenes of the generated data: terrain, districts, traffic, and their geometry."""

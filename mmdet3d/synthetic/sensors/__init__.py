"""The simulated scanner and camera."""

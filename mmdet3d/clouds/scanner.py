"""What a laser scanner on a car can see."""

# How far its points are from it at most along x, y and z, in metres.
REACH = (1000.0, 1000.0, 200.0)

"""Errors that several parts raise."""


class DataFormatError(ValueError):
    """A file of a data set does not have the content that the data set defines for it."""

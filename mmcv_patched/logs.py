"""What of a log is for its file alone."""

import logging

OFF_THE_SCREEN = {'off_the_screen': True}
"""Give it as ``extra`` to log a table that would fill the screen."""


def keep_tables_off_the_screen(logger: logging.Logger) -> None:
    """Let a logger write to its files alone what is logged with :data:`OFF_THE_SCREEN`."""
    for handler in logger.handlers:
        if not isinstance(handler, logging.FileHandler):
            handler.addFilter(_is_for_the_screen)


def _is_for_the_screen(record: logging.LogRecord) -> bool:
    return not getattr(record, 'off_the_screen', False)

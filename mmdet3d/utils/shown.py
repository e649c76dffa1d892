"""Values in messages."""

from typing import Any

_LONGEST = 60


def shown(value: Any) -> str:
    """Show a value of any kind in a message, in one line that is not too long.

    Args:
        value: what was given; of an array or a tensor its numbers are shown.
    """
    try:
        text = ' '.join(repr(value.tolist() if hasattr(value, 'tolist') else value).split())
    except ValueError:  # Python writes no whole number of more than 4300 digits
        return f'a {type(value).__name__} of too many digits'
    except SystemError:  # numpy's text of broken bytes
        return f'a {type(value).__name__} of broken characters'
    return text if len(text) <= _LONGEST else f'{text[:_LONGEST]}...'

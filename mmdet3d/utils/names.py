"""Names that are not known, with those that may have been meant."""

import difflib
from collections.abc import Iterable


def near_misses(given: str, allowed: Iterable[str]) -> str:
    """Say what a name that is not known may have meant.

    Args:
        given: the name.
        allowed: the names that are known.

    Returns:
        ``did you mean ...?`` where some come close, in whatever case; else a list of all.
    """
    names = list(allowed)
    by_key = {name.lower(): name for name in names}
    close = difflib.get_close_matches(given.lower(), by_key, n=3, cutoff=0.6)
    if close:
        return f'did you mean {" or ".join(by_key[key] for key in close)}?'
    return f'allowed are {", ".join(names) or "none"}'

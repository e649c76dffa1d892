"""Checking the numbers that a dataset is asked for with."""


def check_ranges(**numbers: tuple[int | None, int, int | None]) -> None:
    """Refuse numbers out of their range.

    Args:
        numbers: value, least and most of each argument, by its name; a value of None passes, and a
            most of None is no limit.

    Raises:
        ValueError: if a number is out of its range; the message names it.
    """
    for name, (value, least, most) in numbers.items():
        if value is None or (least <= value and (most is None or value <= most)):
            continue
        bound = f'of {least} or more' if most is None else f'from {least} to {most}'
        raise ValueError(f'{name} is {value}, expected a whole number {bound}')

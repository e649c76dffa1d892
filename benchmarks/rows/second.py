"""SECOND: a frame by its teacher, and a step of its student, with a teacher and without."""

from collections.abc import Callable

import torch

from benchmarks.rows.frames import SECOND, SIZES, detector, first_cloud, training_batch
from benchmarks.rows.inference import of_detector
from benchmarks.rows.row import Row, compare
from benchmarks.rows.training_step import step

TEACHER, STUDENT = f'{SECOND}.py', f'{SECOND}{SIZES["4x"]}.py'


def rows(data: str) -> list[Row]:
    """Measure inference by one thread, and what distillation adds to a step.

    Args:
        data: folder written by tools/create_data.py.
    """
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    low = 'fp16' if torch.cuda.is_available() else 'bf16'
    found = of_detector('SECOND teacher, one thread', TEACHER, first_cloud(data), low)
    torch.set_num_threads(threads)
    return found + steps(data)


def steps(data: str) -> list[Row]:
    """Measure the student's step: plain is the one without a teacher."""
    batch, precisions = training_batch(STUDENT, data), ('fp32', 'bf16')
    teachers = [detector(TEACHER, precision=each).requires_grad_(False) for each in precisions]
    distilled = [step(STUDENT, batch, teacher=each) for each in teachers]
    # The students begin with the same weights and draw the same numbers.
    losses = [first_loss(each) for each in distilled]
    alone, *times = compare(step(STUDENT, batch), *distilled, repeats=3)
    return [
        Row(
            f"SECOND 4x step with KD, teacher's precision {precision} (first loss_kd {loss:.5f}); "
            'plain: without KD',
            alone,
            time,
        )
        for precision, loss, time in zip(precisions, losses, times)
    ]


def first_loss(take: Callable[[], float]) -> float:
    """Return ``loss_kd`` of the first step."""
    torch.manual_seed(1)
    return take()

"""SECOND: a frame by its teacher, and a step of its student, with a teacher and without."""

import torch

from benchmarks.rows.frames import (
    SECOND,
    SIZES,
    detector,
    first_cloud,
    limit,
    multiply_adds,
    training_batch,
)
from benchmarks.rows.inference import detect
from benchmarks.rows.row import Row, milliseconds
from benchmarks.rows.training_step import step

TEACHER, STUDENT = f'{SECOND}.py', f'{SECOND}{SIZES["4x"]}.py'


def rows(data: str) -> list[Row]:
    """Measure inference by one thread, and what distillation adds to a step.

    Args:
        data: folder written by tools/create_data.py.
    """
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    cloud = first_cloud(data)
    plain = detect(TEACHER, cloud, channels_last=False)
    found = []
    for precision in ('fp32', 'bf16'):
        shipped = detect(TEACHER, cloud, fuse_conv_bn=True, precision=precision)
        operations = multiply_adds(TEACHER, cloud)
        found.append(
            Row(
                f'inference, SECOND teacher, one thread, {precision}',
                plain,
                shipped,
                limit=limit(operations, precision == 'bf16'),
            )
        )
    torch.set_num_threads(threads)
    return found + steps(data)


def steps(data: str) -> list[Row]:
    """Measure the student's step: plain is the one without a teacher."""
    batch = training_batch(STUDENT, data)
    alone = milliseconds(step(STUDENT, batch), 3)
    found = []
    for precision in ('fp32', 'bf16'):
        teacher = detector(TEACHER, precision=precision).requires_grad_(False)
        distilled = step(STUDENT, batch, teacher=teacher)
        # Two networks of the same seed: the first loss is that of the same weights.
        work = f"SECOND 4x step with KD, teacher's precision {precision}, loss_kd {distilled():.5f}"
        found.append(Row(f'{work}; plain: without KD', alone, milliseconds(distilled, 3)))
    return found

#!/usr/bin/env python
"""Change valid inputs of every reader at random, and count how the readers end.

Exits 1 if any ends in an error that is not the project's own: one that names the input.
"""

import random
import resource
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import _environment  # noqa: F401

from benchmarks.fuzzing.readers import Reader, limit_threads, readers
from mmdet3d.utils.command_line import run_tool
from mmdet3d.utils.tool_parser import ToolParser

_SHOWN = 10


def fuzz(reader: Reader, inputs: int, seed: int, folder: Path) -> Counter:
    """Give how often a reader ended how; foreign errors by their text."""
    outcomes: Counter = Counter()
    for number in range(inputs):
        rng = random.Random(f'{reader.name} {seed} {number}')
        outcomes[reader.outcome(reader.mutated(rng), folder)] += 1
    return outcomes


def main() -> None:
    """Fuzz the readers, print a line for each, and list foreign errors."""
    parser = ToolParser(description=__doc__)
    parser.add_argument('--inputs', type=int, default=1000, help='of each reader (%(default)s)')
    parser.add_argument('--seed', type=int, default=0, help='(%(default)s)')
    parser.add_argument('--readers', nargs='+', help='some of them, by their names')
    args = parser.parse_args()
    limit_threads()
    total: Counter = Counter()
    for reader in readers():
        if args.readers and reader.name not in args.readers:
            continue
        start = time.perf_counter()
        with tempfile.TemporaryDirectory() as folder:
            outcomes = fuzz(reader, args.inputs, args.seed, Path(folder))
        foreign = {
            text: count for text, count in outcomes.items() if text not in ('accepted', 'own error')
        }
        counts = {
            'accepted': outcomes['accepted'],
            'own error': outcomes['own error'],
            'foreign': sum(foreign.values()),
        }
        total.update(counts)
        words = ', '.join(f'{count} {kind}' for kind, count in counts.items())
        print(f'{reader.name:20} {words}, {time.perf_counter() - start:.0f} s', flush=True)
        for text, count in Counter(foreign).most_common(_SHOWN):
            print(f'    {count} x {text}')
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(f'total {sum(total.values())}: {dict(total)}; at most {memory:.1f} GiB of memory')
    if total['foreign']:
        sys.exit('a reader ended in an error that is not its own')


if __name__ == '__main__':
    run_tool(main)

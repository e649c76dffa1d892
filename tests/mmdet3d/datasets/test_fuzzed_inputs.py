"""Inputs of every reader, changed at random, are read or end in an error that names them."""

import os
import pickle
import subprocess
import sys

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from benchmarks.fuzzing import seeds
from benchmarks.fuzzing.readers import Reader, readers

READERS = {reader.name: reader for reader in readers()}
ENDINGS = ('accepted', 'own error')
# Headers that promise a million million points.
BOMBS = {
    ending: seeds.clouds()[ending].replace(b'120', b'1000000000000')
    for ending in ('.npy', '-ascii.pcd', '-binary.pcd', '-packed.pcd', '-ascii.ply', '-binary.ply')
}


@pytest.mark.parametrize('name', READERS)
def test_what_is_changed_was_valid(name, tmp_path):
    seed = READERS[name].seed
    given = pickle.dumps(seed) if name.endswith('.pkl') else seed
    assert READERS[name].outcome(given, tmp_path) == 'accepted'


@pytest.mark.parametrize('name', READERS)
@settings(
    max_examples=20,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(rng=st.randoms(use_true_random=False))
def test_changed_inputs_are_read_or_named(name, tmp_path, rng):
    outcome = READERS[name].outcome(READERS[name].mutated(rng), tmp_path)
    assert outcome in ENDINGS, outcome


@pytest.mark.parametrize('ending', BOMBS)
def test_headers_that_promise_too_much_take_no_memory(ending, tmp_path):
    assert READERS[f'cloud{ending}'].outcome(BOMBS[ending], tmp_path) == 'own error'


@pytest.mark.parametrize('content', [b'\xe4\xf6', 'Bärenweg'.encode('latin-1'), b'\xff\xfeC\0'])
@pytest.mark.parametrize('name', [name for name in READERS if name.endswith('.txt')])
def test_text_that_is_not_utf8_is_named(name, content, tmp_path):
    assert READERS[name].outcome(READERS[name].seed + content, tmp_path) == 'own error'


@pytest.mark.parametrize('error', [KeyError('label.txt'), ValueError('no name'), IndexError(3)])
def test_an_error_that_is_not_the_projects_own_is_foreign(tmp_path, error):
    def read(folder):
        raise error

    outcome = Reader('label.txt', b'', read).outcome(b'', tmp_path)
    assert outcome.startswith(f'{type(error).__name__} in test_fuzzed_inputs.py:')


def test_the_benchmark_counts_outcomes(repo_root):
    command = [sys.executable, 'benchmarks/fuzz_inputs.py', '--inputs', '20', '--readers']
    done = subprocess.run(
        [*command, 'label.txt', 'kd_cfg'],
        cwd=repo_root,
        env={**os.environ, 'OMP_NUM_THREADS': '1'},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert 'total 40: ' in done.stdout and "'foreign': 0" in done.stdout

"""What tools/test.py refuses before it tests anything."""

import pytest
from support.tooling import call_here

CONFIG = 'configs/quickstart/pointpillars_3class.py'


@pytest.fixture
def test_tool(capfd):
    """Run the tool in this process; give its exit status, and what it printed."""

    def call(*arguments: str) -> tuple[int, str]:
        status = call_here('tools/test.py', CONFIG, 'none.pth', *arguments)
        return status, capfd.readouterr().err

    return call


@pytest.mark.parametrize(
    'arguments, message',
    [
        (['--figures', 'f.json', '--out', 'o.pkl'], '--figures writes the figures of --eval'),
        (['--figures', 'f.json', '--format-only'], '--figures writes the figures of --eval'),
        (
            ['--out', 'o.pkl', '--eval-options', 'submission_prefix=x'],
            '--eval-options are those of --eval or --format-only',
        ),
        (['--eval', 'mAP', '--format-only'], '--eval and --format-only exclude each other'),
        ([], 'say what to do with the detections'),
    ],
)
def test_an_argument_that_would_have_no_effect_is_an_error(test_tool, arguments, message):
    status, printed = test_tool(*arguments)
    assert status == 2
    assert message in printed


def test_figures_that_cannot_be_written_are_refused_before_the_test(test_tool, tmp_path):
    (tmp_path / 'file').touch()
    for path in (tmp_path, tmp_path / 'file' / 'figures.json'):
        status, printed = test_tool('--eval', 'mAP', '--figures', str(path))
        assert status == 2
        assert f'--figures {path}' in printed


def test_the_folder_of_the_figures_is_made(test_tool, tmp_path):
    figures = tmp_path / 'new' / 'figures.json'
    status, printed = test_tool(
        '--eval', 'mAP', '--figures', str(figures), '--data-root', 'nowhere'
    )
    assert status == 1 and 'nowhere is no folder' in printed
    assert figures.parent.is_dir() and not figures.exists()

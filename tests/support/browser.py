"""Pages opened in a browser without a screen."""

import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

NAMES = ('chromium', 'chromium-browser', 'google-chrome')
# Drawn by the processor, so that scenes in three dimensions can be seen without a GPU.
OPTIONS = (
    '--headless',
    '--no-sandbox',
    '--disable-dev-shm-usage',
    '--use-gl=angle',
    '--use-angle=swiftshader',
    '--enable-unsafe-swiftshader',
    '--hide-scrollbars',
    '--enable-logging=stderr',
    '--v=0',
    '--window-size=1000,700',
    '--virtual-time-budget=8000',
)
SAID = re.compile(r':CONSOLE\S*\] "(.*)", source: ')
# A hint at speed, which says nothing of what is seen.
HINTS = ('Canvas2D: Multiple readback operations', 'GL Driver Message')
# The browser logs no level, and does not say that a file could not be loaded.
WATCH = """<script>
addEventListener('error', event => console.log('not loaded: ' + event.target.src), true);
</script>"""


def find_browser() -> str:
    """The browser; the test skips without one."""
    browser = next(filter(None, map(shutil.which, NAMES)), None)
    if browser is None:
        pytest.skip(f'none of the browsers {", ".join(NAMES)} is installed')
    return browser


def open_page(page: Path, folder: Path, script: str = '') -> tuple[np.ndarray, list[str]]:
    """Open a page; give the pixels (H, W, 3) that are seen, and what its console says.

    Args:
        page: the HTML file.
        folder: where to put what the browser writes, and the page with its script.
        script: what the page runs at its end, as a user would do something with it.
    """
    browser = find_browser()
    text = page.read_text(encoding='utf-8').replace('<head>', f'<head>{WATCH}', 1)
    assert WATCH in text
    opened = folder / f'opened_{page.name}'
    opened.write_text(f'{text}<script>{script}</script>', encoding='utf-8')
    shot = folder / f'{page.stem}_seen.png'
    places = [f'--user-data-dir={folder / "profile"}', f'--screenshot={shot}']
    done = subprocess.run(
        [browser, *OPTIONS, *places, opened.resolve().as_uri()],
        capture_output=True,
        text=True,
        check=False,
        timeout=180,
    )
    assert shot.is_file(), done.stderr[-2000:]
    said = [text for text in SAID.findall(done.stderr) if not text.startswith(HINTS)]
    return np.asarray(Image.open(shot).convert('RGB')).astype(int), said

"""What mkdocs is told of the pages: the changelog, which stands beside the code, is one of them."""

import re
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Put the changelog into its page; mkdocs calls this for every page.

    Args:
        markdown: text of the page.
        page: says which file it is of.
    """
    if page.file.src_uri != 'changelog.md':
        return markdown
    text = (ROOT / 'CHANGELOG.md').read_text(encoding='utf-8')
    return re.sub(r'\]\(docs/', '](', text)

"""Pages of HTML that hold all they show, and open without a server or a network."""

import base64
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment
from markupsafe import Markup
from matplotlib.figure import Figure

from mmcv_patched.full_disk import write_whole

_ENVIRONMENT = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True)

_PAGE = _ENVIRONMENT.from_string("""\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{{ title }}</title>
<link rel="icon" href="data:,">
<style>
body { font: 15px/1.5 system-ui, sans-serif; max-width: 76rem; margin: 2rem auto; padding: 0 1rem; color: #222; }
img { max-width: 100%; }
table { border-collapse: collapse; margin: 1rem 0; }
th, td { border-bottom: 1px solid #ddd; padding: .25rem .7rem; text-align: right; }
th:first-child, td:first-child { text-align: left; }
</style>
</head>
<body>
<h1>{{ title }}</h1>
{% for section in sections %}
<section>
<h2>{{ section.heading }}</h2>
{{ section.content }}
</section>
{% endfor %}
</body>
</html>
""")  # noqa: E501

_TABLE = _ENVIRONMENT.from_string("""\
<table>
<thead><tr>{% for title in titles %}<th>{{ title }}</th>{% endfor %}</tr></thead>
<tbody>
{% for row in rows %}
<tr>{% for cell in row %}<td>{{ cell }}</td>{% endfor %}</tr>
{% endfor %}
</tbody>
</table>
""")


@dataclass
class Section:
    """A part of a page.

    Attributes:
        heading: what stands above it.
        content: what :func:`html_table`, :func:`html_picture` or :func:`html_text` give, or several
            of them joined by ``+``.
    """

    heading: str
    content: Markup


def html_text(text: str) -> Markup:
    """Return a paragraph; what looks like a tag in the text is shown, not obeyed."""
    return Markup('<p>{}</p>').format(text)


def html_table(titles: Sequence[str], rows: Iterable[Sequence[str]]) -> Markup:
    """Return a table.

    Args:
        titles: of its columns.
        rows: its cells, as many in each row as there are titles.
    """
    return Markup(_TABLE.render(titles=titles, rows=rows))


def html_picture(picture: Figure | str | Path, label: str) -> Markup:
    """Return a picture, which the page itself holds.

    Args:
        picture: a figure, or a PNG file.
        label: what is read out where the picture cannot be seen.

    Raises:
        FileNotFoundError: if there is no such file.
    """
    if isinstance(picture, Figure):
        buffer = io.BytesIO()
        picture.savefig(buffer, format='png')
        content = buffer.getvalue()
    else:
        content = Path(picture).read_bytes()
    encoded = base64.b64encode(content).decode('ascii')
    return Markup('<p><img alt="{}" src="data:image/png;base64,{}"></p>').format(label, encoded)


def render_page(title: str, sections: Sequence[Section]) -> str:
    """Return a page as text.

    Args:
        title: what stands on top.
        sections: what follows, in order.
    """
    return _PAGE.render(title=title, sections=sections)


def write_page(path: str | Path, title: str, sections: Sequence[Section]) -> Path:
    """Write a page.

    Args:
        path: the file to write; its folder is made.
        title: what stands on top.
        sections: what follows, in order.

    Returns:
        the path.
    """
    path = Path(path)
    write_whole(path, render_page(title, sections))
    return path

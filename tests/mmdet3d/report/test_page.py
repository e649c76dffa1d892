from html.parser import HTMLParser

import numpy as np
import pytest
from matplotlib.figure import Figure
from support.browser import open_page

from mmdet3d.report.page import Section, html_picture, html_table, html_text, write_page


class Tags(HTMLParser):
    """Collects the tags of a page with their attributes, and its text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags, self.texts = [], []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.texts.append(data)

    def named(self, name):
        return [attributes for tag, attributes in self.tags if tag == name]


def test_page_shows_its_sections_and_needs_no_other_file(tmp_path):
    figure = Figure()
    figure.subplots().plot([0, 1])
    figure.savefig(tmp_path / 'curve.png')
    content = html_table(['model', 'mAP'], [['teacher', '62.1']])
    content += html_picture(figure, 'the loss') + html_picture(tmp_path / 'curve.png', 'again')
    path = write_page(tmp_path / 'made' / 'page.html', 'Two runs', [Section('Loss', content)])
    page = Tags(path.read_text(encoding='utf-8'))
    assert {'Two runs', 'Loss', 'model', 'mAP', 'teacher', '62.1'} <= set(page.texts)
    assert [image['alt'] for image in page.named('img')] == ['the loss', 'again']
    sources = [tag.get('src') or tag.get('href') for _, tag in page.tags]
    assert all(source.startswith('data:') for source in sources if source)


def test_names_of_runs_are_shown_and_not_obeyed(tmp_path):
    name = '<script>alert(1)</script> & "co"'
    content = html_text(name) + html_table([name], [[name]])
    figure = Figure()
    content += html_picture(figure, name)
    page = Tags(write_page(tmp_path / 'page.html', name, [Section(name, content)]).read_text())
    assert not page.named('script')
    assert page.texts.count(name) == 6
    assert page.named('img')[0]['alt'] == name


def test_picture_that_is_not_there_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match='gone'):
        html_picture(tmp_path / 'gone.png', 'gone')


def test_page_is_seen_in_a_browser_and_its_console_has_nothing_to_say(tmp_path):
    figure = Figure(facecolor='tab:red')
    content = html_text('What was found') + html_picture(figure, 'red')
    page = write_page(tmp_path / 'page.html', 'Two runs', [Section('Scene', content)])
    pixels, said = open_page(page, tmp_path)
    assert not said
    assert (np.abs(pixels - (214, 39, 40)).max(axis=2) < 10).mean() > 0.2
    assert (pixels.max(axis=2) < 80).sum() > 200  # the text


def test_what_a_page_lacks_is_noticed_in_a_browser(tmp_path):
    page = write_page(tmp_path / 'page.html', 'Two runs', [])
    script = "document.body.append(Object.assign(new Image(), {src: 'gone.png'})); undefined_name"
    said = '\n'.join(open_page(page, tmp_path, script)[1])
    assert 'not loaded' in said and 'undefined_name is not defined' in said

"""The page's files: what is sent, under which headers, and what may not be in them."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from importlib import resources
from pathlib import Path

import httpx
import pytest

from tests.service.harness import asynchronous, ready_client

FILES = {
    file.name: file.read_text(encoding="utf-8")
    for file in resources.files("service.web").iterdir()
    if file.name.endswith((".html", ".css", ".js", ".svg"))
}
MEDIA_TYPES = {"css": "text/css", "html": "text/html", "js": "text/javascript", "svg": "image/svg+xml"}
SVG_NAMESPACE = "http://www.w3.org/2000/svg"  # a name, which nothing is fetched from


def path_of(name: str) -> str:
    return "/" if name == "index.html" else f"/static/{name}"


class Tags(HTMLParser):
    """Collects what is relevant for the policy."""

    def __init__(self) -> None:
        super().__init__()
        self.attributes: list[tuple[str, str]] = []
        self.inline: list[str] = []
        self._element = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._element = tag
        self.attributes += [(name, value or "") for name, value in attrs]

    def handle_endtag(self, tag: str) -> None:
        self._element = ""

    def handle_data(self, data: str) -> None:
        if self._element in {"script", "style"} and data.strip():
            self.inline.append(data)


@asynchronous
async def test_every_file_has_its_type_and_the_policy(tiny_checkpoint: Path) -> None:
    async with ready_client(tiny_checkpoint) as client:
        for name, text in FILES.items():
            response = await client.get(path_of(name))
            assert response.status_code == 200, name
            assert response.text == text
            assert response.headers["content-type"] == f"{MEDIA_TYPES[name.split('.')[1]]}; charset=utf-8"
            assert response.headers["x-content-type-options"] == "nosniff"
            policy = dict(
                directive.split(" ", 1)
                for directive in response.headers["content-security-policy"].split("; ")
            )
            assert policy.pop("default-src") == "'none'"
            assert set(policy.values()) == {"'self'", "'none'"}, "neither other hosts nor anything inline"


@asynchronous
async def test_a_file_that_has_not_changed_is_not_sent_again(tiny_checkpoint: Path) -> None:
    async with ready_client(tiny_checkpoint) as client:
        tag = (await client.get("/")).headers["etag"]
        for known in (tag, f"W/{tag}", f'"another", {tag}', "*"):
            response = await client.get("/", headers={"if-none-match": known})
            assert (response.status_code, response.content) == (304, b"")
            assert response.headers["etag"] == tag
        assert (await client.get("/", headers={"if-none-match": '"another"'})).status_code == 200
        assert (await client.get("/static/page.js")).headers["etag"] != tag


@asynchronous
async def test_head_has_the_headers_alone(tiny_checkpoint: Path) -> None:
    async with ready_client(tiny_checkpoint) as client:
        page, head = await client.get("/"), await client.head("/")
    assert head.status_code == 200
    assert head.content == b""
    assert head.headers["content-length"] == page.headers["content-length"]


@asynchronous
async def test_nothing_else_is_served(tiny_checkpoint: Path) -> None:
    others = (
        "missing.js",
        "__init__.py",
        "index.html",
        "..%2f__init__.py",
        "..%2f..%2fpyproject.toml",
        "%00",
    )
    async with ready_client(tiny_checkpoint) as client:
        for name in others:
            response = await client.get(f"/static/{name}")
            assert response.status_code == 404, name
            assert response.headers["content-type"] == "application/problem+json"
        assert (await client.post("/")).status_code == httpx.codes.METHOD_NOT_ALLOWED


@asynchronous
async def test_what_the_page_links_to_exists(tiny_checkpoint: Path) -> None:
    tags = Tags()
    tags.feed(FILES["index.html"])
    links = [value for name, value in tags.attributes if name in {"src", "href"}]
    assert "static/page.js" in links
    imports = [f"static/{name}" for text in FILES.values() for name in re.findall(r'from "\./(.+?)"', text)]
    async with ready_client(tiny_checkpoint) as client:
        for link in {*links, *imports}:
            assert (await client.get(f"/{link}")).status_code == 200, link


@pytest.mark.parametrize("name", FILES)
def test_no_file_names_another_host(name: str) -> None:
    text = FILES[name].replace(SVG_NAMESPACE, "")
    assert re.search(r"\b(?:https?|wss?):|\bdata:\S|[\"'(]//|@import|url\(", text) is None


def test_nothing_is_inline_and_every_link_is_relative() -> None:
    """Scripts and styles would not run, absolute links would miss a service behind a proxy's path."""
    tags = Tags()
    tags.feed(FILES["index.html"])
    assert tags.inline == []
    for name, value in tags.attributes:
        assert name != "style"
        assert not name.startswith("on")
        assert name not in {"src", "href"} or not value.startswith("/")


def test_every_id_that_the_scripts_look_for_is_there_once() -> None:
    tags = Tags()
    tags.feed(FILES["index.html"])
    ids = [value for name, value in tags.attributes if name == "id"]
    assert len(ids) == len(set(ids))
    script = FILES["page.js"]
    wanted = re.findall(r'find\("([a-z-]+)"\)', script)
    wanted += [
        one
        for names in re.findall(r"= \[(.+)\]\.map\(find\)", script)
        for one in re.findall(r'"(.+?)"', names)
    ]
    assert len(wanted) > 15
    assert set(wanted) <= set(ids)

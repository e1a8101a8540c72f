"""The frame of the pages that are not Sphinx's: captures and figures. No script, no font, no other file."""

from __future__ import annotations

import html

_STYLE = """
:root{color-scheme:light dark;--ground:#fff;--text:#1c2024;--faint:#5a626b;--mark:#fff3bf;--link:#0b57a4}
@media(prefers-color-scheme:dark){
:root{--ground:#14181e;--text:#d7dce2;--faint:#98a2ad;--mark:#4a4012;--link:#7fb5ef}}
body{margin:0 auto;padding:1rem;max-width:75rem;background:var(--ground);color:var(--text);
font:16px/1.5 system-ui,sans-serif;overflow-wrap:anywhere}
a{color:var(--link)}h1{font-size:1.3rem}.faint{color:var(--faint)}
pre,.box{overflow-x:auto;max-width:100%}pre{font:13px/1.45 ui-monospace,monospace;overflow-wrap:normal}
.l{display:block;white-space:pre;padding-right:1rem}.l:target{background:var(--mark)}
.l>a{display:inline-block;min-width:3.5em;padding-right:1em;text-align:right;color:var(--faint);
text-decoration:none;user-select:none}
img{max-width:100%;height:auto;background:#fff}table{border-collapse:collapse}td,th{padding:.2rem .8rem .2rem 0;
text-align:left;vertical-align:top}
"""


def document(title: str, body: str, *, up: str, back: str = "index.html", back_text: str = "the book") -> str:
    """A whole page.

    title : plain text. body : HTML. up : the way to the book's root, such as ``../../``.
    back, back_text : the page of the book that it belongs to, from the root.
    """
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<link rel="icon" href="data:,">\n'
        f"<title>{html.escape(title)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n"
        f'<nav><a href="{html.escape(up + back)}">Back to {html.escape(back_text)}</a></nav>\n'
        f"<main>\n<h1>{html.escape(title)}</h1>\n{body}\n</main>\n</body>\n</html>\n"
    )

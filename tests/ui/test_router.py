"""The page list, and what the app's process does without."""

import json
import shutil
import subprocess
import sys

import pytest
from streamlit.testing.v1 import AppTest
from streamlit.web.server.app_discovery import discover_asgi_app

from eudscore import locations
from eudscore.ui import router

HEAVY = ["torch", "transformers", "umap", "sklearn", "datasets", "numba"]


def test_every_page_of_the_list_is_a_file():
    listed = [name for pages in router.PAGES.values() for name, _title, _icon in pages]
    assert listed[0] == "data"
    for name in listed:
        assert (locations.site() / "pages" / f"{name}.py").is_file()


def test_streamlit_run_finds_the_app():
    found = discover_asgi_app(locations.site() / "app.py")
    assert (found.is_asgi_app, found.app_name) == (True, "app")


def test_the_router_shows_the_first_page(tmp_path, monkeypatch):
    (tmp_path / "pages").mkdir()
    for pages in router.PAGES.values():
        for name, title, _icon in pages:
            page = f"import streamlit as st\nst.title({title!r})\n"
            (tmp_path / "pages" / f"{name}.py").write_text(page, encoding="utf-8")
    shutil.copytree(locations.assets(), tmp_path / "assets")
    monkeypatch.setattr(locations, "site", lambda: tmp_path)
    app = AppTest.from_file(router.__file__, default_timeout=60).run()
    assert not app.exception
    assert [title.value for title in app.title] == ["Data"]


def test_the_app_imports_none_of_the_slow_libraries():
    program = (
        "import json, sys; import app, eudscore.ui.explorer;"
        f"print(json.dumps([name for name in {HEAVY!r} if name in sys.modules]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=locations.site(), capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1]) == []


@pytest.mark.parametrize("option", ["gatherUsageStats = false", "postScriptGC = false", 'address = "127.0.0.1"'])
def test_the_server_is_private_and_quick_by_default(option):
    assert option in (locations.site() / ".streamlit" / "config.toml").read_text(encoding="utf-8")

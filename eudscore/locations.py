"""Where the parts that are not Python live: beside the package in a checkout, inside it in a wheel."""

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def site() -> Path:
    """Folder that holds `app.py`, `pages/`, `assets/` and `.streamlit/`."""
    carried = _PACKAGE / "_site"
    return carried if carried.is_dir() else _PACKAGE.parent


def assets() -> Path:
    """Folder of the demo, the style sheet, the fonts and the front end of the map."""
    return site() / "assets"

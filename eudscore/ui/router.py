"""The script behind every address of the app: which pages there are and in what order."""

import streamlit as st

from eudscore import locations
from eudscore.ui import downloads, theme

PAGES = {
    "Data": [("data", "Data", "database"), ("score", "Score", "analytics")],
    "Explore": [("explore", "Explore", "scatter_plot"), ("select", "Select", "tune")],
    "Act": [("train", "Train", "model_training")],
}


def main() -> None:
    """Show the page that the address names; the first page where it names none."""
    # Before the page list: its symbols would otherwise be fetched from an outside host as browser icons.
    st.set_page_config(page_icon=str(locations.assets() / "logo.svg"), initial_sidebar_state=theme.SIDEBAR)
    folder = locations.site() / "pages"
    sections = {
        section: [
            st.Page(
                folder / f"{name}.py",
                title=title,
                icon=f":material/{icon}:",
                url_path=name,
            )
            for name, title, icon in pages
        ]
        for section, pages in PAGES.items()
    }
    first = sections["Data"][0]
    # The default page has no address of its own, so a hidden one takes that part: /data stays a link.
    home = st.Page(lambda: st.switch_page(first), title="eudscore", url_path="home", default=True, visibility="hidden")
    with downloads.drawing():
        st.navigation({"": [home], **sections}).run()


if __name__ == "__main__":
    main()

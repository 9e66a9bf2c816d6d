"""The heat strip alone on a page, with the routes of the real app."""

from pathlib import Path

import streamlit as st

from eudscore.ui.routes import ROUTES

app = st.App(str(Path(__file__).with_name("heat_script.py")), routes=ROUTES)

"""How a component of `assets/map/` gets onto a page: its modules and its first columns are asked for all at once."""

import json
from functools import lru_cache
from typing import Any

import streamlit as st

from eudscore.ui import theme
from eudscore.ui.routes import script_names

_LOADER = """
const names = NAMES;
const running = new WeakSet();
const hinted = new Set();
function hint({ script, ahead = [] }) {
  const base = new URL(script, document.baseURI);
  for (const href of names.map((name) => new URL(name, base).href)) {
    if (hinted.has(href)) continue;
    hinted.add(href);
    document.head.append(Object.assign(document.createElement("link"), { rel: "modulepreload", href }));
  }
  globalThis.eudscoreAhead ??= new Map();
  for (const url of ahead) if (!eudscoreAhead.has(url)) eudscoreAhead.set(url, fetch(url).catch(() => null));
}
export default function (component) {
  const { parentElement, data } = component;
  running.add(parentElement);
  if (!parentElement.querySelector(".frame")) {
    parentElement.firstElementChild.style.minHeight = data.height + "px";
    hint(data);
  }
  const front = import(new URL(data.script, document.baseURI).href);
  front.then(
    (module) => running.has(parentElement) && module.mount(component),
    () => { parentElement.textContent = "This part of the page could not be loaded: reload the page."; },
  );
  return () => {
    running.delete(parentElement);
    front.then((module) => module.unmount(parentElement), () => {});
  };
}
"""


@lru_cache(maxsize=8)
def component(name: str) -> Any:
    """A component by its name; `data` names the `script` that draws it and the addresses it will need (`ahead`)."""
    loader = _LOADER.replace("NAMES", json.dumps(script_names()))
    return st.components.v2.component(name, js=loader, html="<div></div>")


def palettes() -> dict[str, Any]:
    """The colours of both themes: a switch between them reruns nothing."""
    return {
        name: {"scale": look.scale, "categorical": look.categorical, "dropped": look.dropped, "idle": look.idle}
        for name, look in (("light", theme.LIGHT), ("dark", theme.DARK))
    }

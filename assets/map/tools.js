/** The buttons on the map. */

import { el } from "./look.js";

const ICONS = {
  pan: "M10 3v14M3 10h14M10 3l-2 2M10 3l2 2M10 17l-2-2M10 17l2-2M3 10l2-2M3 10l2 2M17 10l-2-2M17 10l-2 2",
  lasso: "M6.5 13.2C4.4 12.3 3 10.8 3 9c0-2.8 3.1-5 7-5s7 2.2 7 5-3.1 5-7 5c-.7 0-1.4-.1-2-.2M8 13.8a1.6 1.6 0 1 1-1.5-1.7M6.8 15.2c.1 1-.3 1.7-1.3 2.1",
  box: "M4 4h2M9 4h2M14 4h2v2M16 9v2M16 14v2h-2M11 16h-2M6 16h-2v-2M4 11v-2M4 6v-2",
};

/** A button that shows a drawing. */
export function iconButton(name, path, action, pressed = null) {
  const made = el("button", { type: "button", "aria-label": name, title: name, "aria-pressed": pressed, onclick: action });
  made.innerHTML = `<svg viewBox="0 0 20 20" aria-hidden="true"><path d="${path}"/></svg>`;
  return made;
}

/** Zoom, and the tools that outline where `useTool(name)` is given. */
export function toolbar(camera, useTool) {
  const names = { pan: "Move the map (V)", lasso: "Lasso: shift adds, alt cuts (L)", box: "Box: shift adds, alt cuts (B)" };
  const tools = Object.entries(useTool ? names : {}).map(([tool, name]) => [
    tool,
    iconButton(name, ICONS[tool], () => useTool(tool), String(tool === "pan")),
  ]);
  const zooms = [
    iconButton("Zoom in", "M10 4v12M4 10h12", () => camera.zoomBy(1.5)),
    iconButton("Zoom out", "M4 10h12", () => camera.zoomBy(1 / 1.5)),
    iconButton("Show everything", "M4 8V4h4M12 4h4v4M16 12v4h-4M8 16H4v-4", () => camera.reset()),
  ];
  const line = tools.length ? [el("i", { class: "line" })] : [];
  const element = el("div", { class: "tools", role: "toolbar", "aria-label": "Map tools" }, ...tools.map(([, button]) => button), ...line, ...zooms);
  const show = (chosen) => tools.forEach(([tool, button]) => button.setAttribute("aria-pressed", String(tool === chosen)));
  return { element, show };
}

/** Undo and redo by key, wherever the focus is but in a field that one types into. */

const NOT_TYPED = ["button", "checkbox", "color", "file", "image", "radio", "range", "reset", "submit"];
const heard = []; // of the components that are there; the latest one alone is told

/** Call `back("undo" | "redo")` when the keys for it are pressed; answers what ends that. */
export function undoKeys(back) {
  if (!heard.length) window.addEventListener("keydown", listen);
  heard.push(back);
  return () => {
    const at = heard.lastIndexOf(back);
    if (at >= 0) heard.splice(at, 1);
    if (!heard.length) window.removeEventListener("keydown", listen);
  };
}

function listen(event) {
  const way = wayOf(event);
  const [within] = event.composedPath(); // within a shadow root `target` is only its host
  if (!way || event.defaultPrevented || isTypedInto(within)) return;
  event.preventDefault();
  heard.at(-1)(way);
}

function wayOf({ key, ctrlKey, metaKey, shiftKey, altKey }) {
  if (!(ctrlKey || metaKey) || altKey) return null;
  if (key.toLowerCase() === "z") return shiftKey ? "redo" : "undo";
  return key.toLowerCase() === "y" && !shiftKey ? "redo" : null;
}

function isTypedInto(element) {
  if (element.isContentEditable || element.tagName === "TEXTAREA") return true;
  return element.tagName === "INPUT" && !NOT_TYPED.includes(element.type);
}

/** The cards of the component and what stands in them before there is anything to draw. */

import { el, figure, themed } from "./look.js";

/** A card with its title row; `say(sentence)` covers its body with a sentence, "" uncovers it. */
export function card(name, title, note = "") {
  const head = el("header", {}, ...(title ? [el("h3", {}, title)] : []), el("small", {}, note));
  const sentence = el("p", { class: "sentence", role: "status" });
  const body = el("div", { class: "body" });
  const element = el("article", { class: `card ${name}` }, ...(title ? [head] : []), body, sentence);
  const say = (text, wrong = false) => {
    sentence.textContent = text;
    sentence.classList.toggle("wrong", wrong);
    element.classList.toggle("covered", text !== "");
  };
  return { element, head, body, say };
}

/** What a point may be under a budget, drawn as the map draws it. */
export function stateLegend({ banded = true, withheld = false } = {}) {
  const states = [["kept", "kept"], ["dropped", banded ? "in the interval, not kept" : "not kept"], ["context", banded ? "outside" : "not chosen from"]];
  if (withheld) states.push(["withheld", "withheld: to be looked at"]);
  return el("span", { class: "states" }, ...states.map(([state, text]) => el("span", { class: `swatch ${state}` }, el("i"), text)));
}

/** A small drop-down: options are `[value, text]`. */
export function choose(label, options, value, onPick) {
  const list = options.map(([name, text]) => el("option", { value: name, selected: name === value }, text));
  const select = el("select", { onchange: () => onPick(select.value) }, ...list);
  return { element: el("label", { class: "choose" }, el("span", {}, label), select), select };
}

/** The scale with the values at its ends. */
export function scaleLegend(label, [from, to], palettes) {
  const last = palettes.light.scale.length - 1;
  const stops = palettes.light.scale.map((_, i) => `${themed(palettes, (look) => look.scale[i])} ${(100 * i) / last}%`);
  const bar = el("i", { class: "bar", style: `background:linear-gradient(90deg, ${stops.join(", ")})` });
  return [el("span", {}, figure(from)), bar, el("span", {}, figure(to)), el("span", { class: "what" }, label)];
}

/** The scale as the histogram of its column. */
export function histogramLegend(label, [from, to], canvas) {
  return [el("span", {}, from), canvas, el("span", {}, to), el("span", { class: "what" }, label)];
}

/** A swatch and a name for each category. */
export function classLegend(names, palettes) {
  return names.map((name, i) => {
    const colour = themed(palettes, (look) => look.categorical[i]);
    return el("span", { class: "swatch" }, el("i", { style: `background:${colour}` }), name);
  });
}

/** Tabs that show one of several bodies: `[[name, text, body], ...]`; `onChoose(name)` hears of a press. */
export function tabs(label, choices, onChoose) {
  const show = (name) =>
    choices.forEach(([other, , body], at) => {
      buttons[at].setAttribute("aria-selected", String(other === name));
      buttons[at].tabIndex = other === name ? 0 : -1;
      body.hidden = other !== name;
    });
  const choose = (name) => {
    show(name);
    onChoose(name);
  };
  const step = (event, at) => {
    const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!by) return;
    const next = (at + by + choices.length) % choices.length;
    buttons[next].focus();
    choose(choices[next][0]);
  };
  const buttons = choices.map(([name, text], at) =>
    el("button", { type: "button", role: "tab", onclick: () => choose(name), onkeydown: (event) => step(event, at) }, text));
  return { element: el("div", { class: "tabs", role: "tablist", "aria-label": label }, ...buttons), show };
}

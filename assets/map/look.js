/** Elements, numbers and colours, as the whole component shows them. */

const SVG = "http://www.w3.org/2000/svg";

/** An HTML element; properties that begin with "on" are listeners, `class` and aria ones are attributes. */
export function el(tag, properties = {}, ...children) {
  return dress(document.createElement(tag), properties, children);
}

/** The same for SVG. */
export function svg(tag, properties = {}, ...children) {
  return dress(document.createElementNS(SVG, tag), properties, children);
}

function dress(element, properties, children) {
  for (const [name, value] of Object.entries(properties)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value !== null && value !== false) element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children);
  return element;
}

export const count = (value) => Math.round(value).toLocaleString("en-US");

/** Three significant digits, thousands separators; at least so many of the digits as asked, for a column of figures. */
export function figure(value, least = 1) {
  if (!Number.isFinite(value)) return "–";
  if (Math.abs(value) >= 1000) return count(value);
  return Number(value.toPrecision(3)).toLocaleString("en-US", { minimumSignificantDigits: least, maximumSignificantDigits: 3 });
}

/** A share in [0, 1] as a percentage, a tenth of a percent where that says more. */
export function percent(share, digits = 1) {
  const shown = 100 * share;
  if (share > 0 && shown < 0.1) return "<0.1%";
  return `${Number(shown.toFixed(digits))}%`;
}

export function rgb(hex) {
  return [1, 3, 5].map((from) => parseInt(hex.slice(from, from + 2), 16));
}

export const NO_VALUE = 255; // the code of a point that has no value in the column it is coloured by

/** 256 colours along a scale as RGBA bytes; the last is for points without a value. */
export function scaleTable(scale, none) {
  const table = new Uint8Array(1024);
  for (let code = 0; code < NO_VALUE; code += 1) table.set(alongScale(scale, code / (NO_VALUE - 1)), 4 * code);
  table.set([...rgb(none), 255], 4 * NO_VALUE);
  return table;
}

/** Colours of categories as RGBA bytes; the last is for points without one. */
export function categoryTable(colours, none) {
  const table = new Uint8Array(1024);
  colours.forEach((colour, code) => table.set([...rgb(colour), 255], 4 * code));
  table.set([...rgb(none), 255], 4 * NO_VALUE);
  return table;
}

/** The colour at a place in [0, 1] of a scale, as RGBA. */
export function alongScale(scale, place) {
  const at = Math.min(Math.max(place, 0), 1) * (scale.length - 1);
  const below = Math.min(Math.floor(at), scale.length - 2);
  const [from, to] = [rgb(scale[below]), rgb(scale[below + 1])];
  return [...from.map((part, i) => Math.round(part + (to[i] - part) * (at - below))), 255];
}

/** CSS that shows one colour of a scale per theme, so that a switch of the theme needs no redraw. */
export function themed(palettes, pick) {
  const [light, dark] = [pick(palettes.light), pick(palettes.dark)];
  return `light-dark(${css(light)}, ${css(dark)})`;
}

const css = (colour) => (typeof colour === "string" ? colour : `rgb(${colour.slice(0, 3).join(" ")})`);

/** Round numbers that cut [from, to] into about `wanted` parts. */
export function ticks(from, to, wanted = 5) {
  const rough = (to - from) / wanted;
  if (!(rough > 0)) return [from];
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 2.5, 5, 10].map((factor) => factor * power).find((size) => size >= rough);
  const places = [];
  for (let i = Math.ceil(from / step - 1e-9); i * step <= to + step * 1e-9; i += 1) places.push(i * step);
  return places;
}

/** Class balance: how large a share of the subset each class has, beside its share of all the data; shares by hand. */

import { count, el, percent } from "./look.js";

const MOST = 12;
const NOTED = 0.12; // a ratio further than this from 1 is worth noticing

export class ClassBars {
  /** `onPick(label, more)` hears of a class that was pressed, `more` with a modifier key; without it the bars only show. */
  constructor(classes, onPick = null) {
    this.classes = classes;
    this.rows = classes.map((name, label) => rowOf(name, onPick && ((more) => onPick(label, more))));
    this.list = el("ul", { class: "bars" }, ...this.rows.slice(0, MOST).map((row) => row.element));
    this.more = el("p", { class: "more", hidden: true });
    this.element = el("div", { class: "bars-box", tabindex: classes.length > MOST ? 0 : null }, this.list, this.more);
  }

  /** Counts per class (`tally`). `settled`: nothing moves any more, so the most changed may be chosen anew. */
  draw({ all, kept }, settled) {
    const [total, subset] = [sum(all), sum(kept)];
    if (total === 0) return;
    const shares = this.classes.map((_, i) => [kept[i] / Math.max(1, subset), all[i] / total]);
    if (!this.rows.some((row) => row.dragged)) this.longest = Math.max(...shares.flat(), 1e-9);
    const { longest } = this;
    shares.forEach(([part, whole], i) => fill(this.rows[i], part, whole, longest, subset > 0));
    if (settled && this.classes.length > MOST && !this.byHand) this.#showMostChanged(shares);
  }

  /** Let each share be set by hand: typed, or dragged along its bar. `onShare(at, percent)`; shares null = no longer. */
  setShares(shares, onShare) {
    this.byHand = Boolean(shares);
    this.list.classList.toggle("by-hand", this.byHand);
    if (shares && this.list.children.length < this.rows.length) this.list.replaceChildren(...this.rows.map((row) => row.element));
    this.more.hidden ||= this.byHand;
    this.rows.forEach((row, at) => {
      if (shares && !row.share) letSet(row, this.classes[at], () => this.longest, (share) => this.onShare(at, share));
      if (!row.share) return;
      row.share.hidden = !shares;
      row.part.hidden = Boolean(shares);
      row.known = shares ? shares[at] : 0;
      const typing = row.share.getRootNode().activeElement === row.share && !row.dragged;
      if (shares && !typing) row.share.value = Number(shares[at].toFixed(1));
    });
    this.onShare = onShare;
  }

  /** Mark the classes that are picked; null = no choice was made. */
  press(picked) {
    this.rows.forEach(({ element }, label) => element.firstChild.setAttribute("aria-pressed", String(picked?.includes(label) ?? false)));
    this.list.classList.toggle("choosing", Boolean(picked));
  }

  #showMostChanged(shares) {
    const change = shares.map(([part, whole]) => Math.abs(part - whole));
    const ranked = [...change.keys()].sort((a, b) => change[b] - change[a] || a - b);
    const shown = ranked.slice(0, MOST).sort((a, b) => a - b);
    this.list.replaceChildren(...shown.map((i) => this.rows[i].element));
    this.more.hidden = false;
    this.more.textContent = `and ${count(this.classes.length - MOST)} more classes that changed less`;
  }
}

function rowOf(name, onPick) {
  const bar = el("i", { class: "bar" });
  const tick = el("i", { class: "tick" });
  const part = el("span", { class: "part" });
  const ratio = el("span", { class: "ratio" });
  const pick = (event) => onPick(event.shiftKey || event.ctrlKey || event.metaKey);
  const label = onPick ? el("button", { type: "button", class: "name", onclick: pick }, name) : el("span", { class: "name", title: name }, name);
  const track = el("span", { class: "track" }, bar, tick);
  if (onPick) track.addEventListener("click", pick);
  return { element: el("li", {}, label, track, part, ratio), bar, tick, part, ratio, track };
}

/** A field for the share of a class, and its bar as a thing to drag. */
function letSet(row, name, longest, onShare) {
  const typed = () => {
    const wanted = Number.isFinite(row.share.valueAsNumber) ? row.share.valueAsNumber : row.known;
    row.share.value = Math.min(Math.max(wanted, 0), 100); // what is out of range, or no number, is seen to be none
    onShare(row.share.valueAsNumber);
  };
  row.share = el("input", { class: "share", type: "number", min: 0, max: 100, step: "any", "aria-label": `Share of ${name} in per cent`, onchange: typed });
  row.share.addEventListener("keydown", (event) => {
    const by = { ArrowUp: 1, ArrowDown: -1, PageUp: 10, PageDown: -10 }[event.key];
    if (!by) return;
    event.preventDefault();
    row.share.value = Math.min(Math.max(Math.round((row.share.valueAsNumber || 0) + by), 0), 100);
    typed();
  });
  row.part.after(row.share);
  row.track.addEventListener("pointerdown", (event) => {
    if (row.share.hidden || event.button !== 0) return;
    event.preventDefault();
    row.track.setPointerCapture(event.pointerId);
    row.dragged = true;
    const box = row.track.getBoundingClientRect();
    const move = ({ clientX }) => onShare(100 * longest() * Math.max(0, (clientX - box.left) / box.width));
    const release = () => {
      row.dragged = false;
      row.track.removeEventListener("pointermove", move);
    };
    move(event);
    row.track.addEventListener("pointermove", move);
    for (const end of ["pointerup", "pointercancel"]) row.track.addEventListener(end, release, { once: true });
  });
}

function fill(row, part, whole, longest, some) {
  const times = whole > 0 ? part / whole : NaN;
  row.bar.style.width = `${Math.min(100, (100 * part) / longest)}%`;
  row.tick.style.left = `${Math.min(100, (100 * whole) / longest)}%`;
  row.part.textContent = `${(100 * part).toFixed(1)}%`;
  const few = times > 0 && times < 0.1;
  row.ratio.textContent = some && Number.isFinite(times) ? (few ? "<0.1×" : `${times.toFixed(times < 9.95 ? 1 : 0)}×`) : "–";
  row.ratio.className = `ratio${some && Math.abs(times - 1) > NOTED ? " noted" : ""}`;
  row.element.title = `${percent(part)} of the subset, ${percent(whole)} of all rows`;
}

const sum = (numbers) => numbers.reduce((total, number) => total + number, 0);

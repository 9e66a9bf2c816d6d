/** Links to files: a press waits until all that was set is told and drawn; where no file comes, it says why. */

import { el } from "./look.js";

const SHOWN = 10_000; // milliseconds
const SILENT = "The server does not answer: try again.";

let attended; // what the component on the page tells

/** Links wait for what `report` tells, until it leaves. */
export function attend(report) {
  attended = report;
  window.addEventListener("click", pressed);
}

export function leave(report) {
  if (attended === report) attended = undefined;
}

async function pressed(press) {
  const link = press.target.closest?.("a[download]");
  if (!link) return;
  press.preventDefault();
  if (link.getAttribute("aria-busy")) return;
  link.setAttribute("aria-busy", "true");
  link.nextElementSibling?.remove();
  try {
    const way = await open(link);
    way.click();
  } catch (error) {
    refuse(link, error.message);
  } finally {
    link.removeAttribute("aria-busy");
  }
}

/** The link as it leads to what was told last; it is on no page, so that its press is not asked again. */
async function open(link) {
  const way = link.cloneNode();
  const address = new URL(link.href);
  const revision = await attended?.settled();
  if (revision !== undefined) address.searchParams.set("after", revision);
  way.href = address.href;
  address.searchParams.set("look", "");
  const answer = await fetch(address).catch(() => null);
  if (answer?.ok) return way;
  const told = await answer?.json().catch(() => null); // what stands between may answer in its own way
  throw new Error(told?.error ?? SILENT);
}

function refuse(link, sentence) {
  const told = el("span", { class: "eud-refused", role: "alert" }, sentence);
  link.after(told);
  setTimeout(() => told.remove(), SHOWN);
}

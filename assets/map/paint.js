/** How points are coloured: along the scale of a column, or by class. No DOM. */

import { categoryTable, NO_VALUE, scaleTable } from "./look.js";

/** Colours of the classes: as many of the largest as there are colours, and one colour for all others. */
export function classPaint(labels, classes, palettes) {
  const sizes = new Float64Array(classes.length);
  for (const label of labels) if (label >= 0) sizes[label] += 1;
  const own = palettes.light.categorical.length - (classes.length > palettes.light.categorical.length ? 1 : 0);
  const bySize = [...sizes.keys()].sort((a, b) => sizes[b] - sizes[a] || a - b);
  const named = bySize.slice(0, own).sort((a, b) => a - b);
  const codeOf = new Uint8Array(classes.length).fill(own);
  named.forEach((label, code) => { codeOf[label] = code; });
  return {
    codes: Uint8Array.from(labels, (label) => (label >= 0 ? codeOf[label] : NO_VALUE)),
    table: (palette) => categoryTable(palette.categorical, palette.dropped),
    legend: [...named.map((label) => classes[label]), ...(own < classes.length ? ["all other classes"] : [])],
  };
}

/** Colours along the scale of a column made ready by `series`. */
export function columnPaint(drawn) {
  return { codes: drawn.codes, table: (palette) => scaleTable(palette.scale, palette.dropped), domain: drawn.domain };
}

/** The same for a `Facet`. */
export function facetPaint(facet) {
  return { codes: facet.colours(), table: (palette) => scaleTable(palette.scale, palette.dropped) };
}

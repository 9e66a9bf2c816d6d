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
  const codes = new Uint8Array(labels.length).fill(NO_VALUE);
  for (let j = 0; j < labels.length; j += 1) if (labels[j] >= 0) codes[j] = codeOf[labels[j]];
  return {
    codes,
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

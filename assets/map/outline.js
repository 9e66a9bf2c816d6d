/** Which points an outline holds: the twin of `eudscore/selection/outline.py`, the same doubles operation by operation. No DOM. */

const SLABS = 256;

/**
 * @param {Float32Array} xy (n pairs), nan = not there
 * @param {number[]} area corners x0, y0, x1, y1, ...; fewer than three hold nothing
 * @returns {Uint8Array} (n,) 1 = inside, by the even-odd rule
 */
export function inside(xy, area) {
  const n = xy.length / 2;
  const held = new Uint8Array(n);
  if (area.length < 6) return held;
  const [left, right] = ends(area, 0);
  const [bottom, top] = ends(area, 1);
  const slabOf = (y) => Math.min(Math.max(Math.floor(((y - bottom) / (top - bottom || 1)) * SLABS), 0), SLABS - 1);
  const edges = edgesBySlab(area, slabOf);
  for (let j = 0; j < n; j += 1) {
    const [x, y] = [xy[2 * j], xy[2 * j + 1]];
    if (!(x >= left && x <= right && y >= bottom && y <= top)) continue;
    const near = edges[slabOf(y)];
    let odd = 0;
    for (let i = 0; i < near.length; i += 4) {
      const [startX, startY, endX, endY] = [near[i], near[i + 1], near[i + 2], near[i + 3]];
      if (endY > y !== startY > y && x < ((startX - endX) * (y - endY)) / (startY - endY) + endX) odd ^= 1;
    }
    held[j] = odd;
  }
  return held;
}

/** For each slab of heights the edges that may cross it, as startX, startY, endX, endY. */
function edgesBySlab(area, slabOf) {
  const edges = [...Array(SLABS)].map(() => []);
  for (let i = 0; i < area.length; i += 2) {
    const before = (i + area.length - 2) % area.length;
    const edge = [area[before], area[before + 1], area[i], area[i + 1]];
    const first = Math.max(slabOf(Math.min(edge[1], edge[3])) - 1, 0);
    const last = Math.min(slabOf(Math.max(edge[1], edge[3])) + 1, SLABS - 1);
    for (let slab = first; slab <= last; slab += 1) edges[slab].push(...edge);
  }
  return edges.map((some) => Float64Array.from(some));
}

function ends(area, axis) {
  let [low, high] = [Infinity, -Infinity];
  for (let i = axis; i < area.length; i += 2) [low, high] = [Math.min(low, area[i]), Math.max(high, area[i])];
  return [low, high];
}

/** The corners of a drawn line (pairs of pixels) that matter by more than `tolerance`: Douglas and Peucker, 1973. */
export function simplified(line, tolerance) {
  if (line.length < 3) return line;
  const [first, last] = [line[0], line[line.length - 1]];
  let [farthest, at] = [0, 0];
  for (let i = 1; i < line.length - 1; i += 1) {
    const away = distanceToSegment(line[i], first, last);
    if (away > farthest) [farthest, at] = [away, i];
  }
  if (farthest <= tolerance) return [first, last];
  return [...simplified(line.slice(0, at + 1), tolerance), ...simplified(line.slice(at), tolerance).slice(1)];
}

function distanceToSegment([x, y], [x0, y0], [x1, y1]) {
  const length = (x1 - x0) ** 2 + (y1 - y0) ** 2;
  const along = length === 0 ? 0 : Math.min(Math.max(((x - x0) * (x1 - x0) + (y - y0) * (y1 - y0)) / length, 0), 1);
  return Math.hypot(x - x0 - along * (x1 - x0), y - y0 - along * (y1 - y0));
}

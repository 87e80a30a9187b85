// How large a ward is drawn on a wall: as large as all of its beds fit.

// Measures of the ward in its own pixels, as ward.css has them.
const tile = { w: 166, h: 174, gap: 10 };
const beside = 304 + 14 + 32; // the list of alarms, and the edges
const above = 52 + 54 + 28; // the bar, the counts, and the edges

// enlarge returns by how much a ward of n beds is enlarged in a window. Windows up to
// that of a large desk screen are left as they are.
export function enlarge(width: number, height: number, n: number): number {
  if (width < 2000 || n < 1) return 1;
  for (let z = 3; z > 1; z -= 0.05) {
    const columns = Math.floor((width / z - beside + tile.gap) / (tile.w + tile.gap));
    if (columns < 1) continue;
    const rows = Math.ceil(n / columns);
    if (rows * (tile.h + tile.gap) + above <= height / z) return Math.round(z * 100) / 100;
  }
  return 1;
}

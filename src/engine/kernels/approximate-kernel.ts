// What every kernel of the approximate stage offers, whether WebAssembly or plain TypeScript computes:
// the same bytes in a KernelMemory before, the same bytes after. Arrays are given by their address in
// that memory: u32 and f32 arrays start at multiples of 4 bytes, rows at multiples of 16.

/**
 * Rows are plane rows (TokenVectors) of `stride` bytes with a scale each. Packed vectors are signed
 * bytes interleaved for the instruction: see `packVectors`. Scores are float32.
 */
export interface ApproximateKernel {
  /**
   * Scores of `count` rows with `quads` × 4 packed vectors: integer dot product × scale of the row, to
   * `out[row * 4 * quads + vector]`. `steps` is stride / 4.
   */
  scoreRows(
    packed: number,
    starts: number,
    quads: number,
    steps: number,
    rows: number,
    scales: number,
    count: number,
    out: number,
  ): void;
  /** Copies the rows and scales that the u32 `list` names, one after another. */
  gatherRows(
    rows: number,
    scales: number,
    stride: number,
    list: number,
    count: number,
    outRows: number,
    outScales: number,
  ): void;
  /**
   * For each row of `width` scores, a multiple of 4, the `probes` columns with the largest
   * score × factor - bias, best first, of equals the first: u32 at `out[row * probes + i]`; 0 where
   * fewer exceed -Infinity. `room` holds `probes` + 4 floats.
   */
  bestCells(
    scores: number,
    width: number,
    factors: number,
    biases: number,
    count: number,
    probes: number,
    room: number,
    out: number,
  ): void;
  /**
   * For each row of `width` scores, a multiple of 4: if its largest score × factor - bias exceeds
   * `best[list[row]]`, that and `winners[list[row]]` (column + `first`, of equals the first) change.
   */
  keepBest(
    scores: number,
    width: number,
    factors: number,
    biases: number,
    first: number,
    list: number,
    count: number,
    best: number,
    winners: number,
  ): void;
  /** Adds each dequantised row to `sums[winners[row] * stride …]`. */
  accumulate(
    rows: number,
    scales: number,
    stride: number,
    count: number,
    winners: number,
    sums: number,
  ): void;
  /**
   * `near[cell] =` bit q for every quad q of columns of which a token has the cell among its `probes`
   * largest scores, what is as large as the last of them included. Rows of 16 scores; only the first
   * `tokens` columns count. `room` holds `probes` × 4 floats.
   */
  nearCells(
    scores: number,
    cells: number,
    tokens: number,
    probes: number,
    room: number,
    near: number,
  ): void;
  /**
   * Scores of the centroids of near cells, 16 columns each, with the vectors of their quads; columns of
   * other quads stay as they are. `packed` are 4 vectors packed for each quad, one after another. Cell c
   * has centroids `cellStarts[c] … cellStarts[c + 1]`. Widens `lows` and `highs`, 16 floats each.
   */
  scoreNear(
    packed: number,
    starts: number,
    quads: number,
    steps: number,
    rows: number,
    scales: number,
    cellStarts: number,
    cells: number,
    near: number,
    out: number,
    lows: number,
    highs: number,
  ): void;
  /**
   * Multiplies rows of 16 scores of cells with the share of each. Widens `lows` and `highs` by those of
   * quads that are not near, except of cells without centroids.
   */
  shareCells(
    scores: number,
    shares: number,
    cellStarts: number,
    cells: number,
    near: number,
    lows: number,
    highs: number,
  ): void;
  /**
   * 16 bytes for each centroid, `tableStride` apart: score × factor + add without its fraction, in
   * 0 … 255, of the centroid's own score in quads whose cell is near, of the cell's in others.
   */
  quantizeCells(
    scores: number,
    cellScores: number,
    cellStarts: number,
    cells: number,
    near: number,
    factors: number,
    adds: number,
    table: number,
    tableStride: number,
  ): void;
  /**
   * `out[i] += step × Σ over columns of the largest byte among the document's codes`; -Infinity for a
   * document without codes. `step` is rounded to a float32. Document i is `docs[i]`, or i itself where
   * `docs` is 0. A table row has `width` bytes, 16 or 32, of which those count whose byte at `columns` is
   * 255, not 0; codes are u16, `offsets` count in fours of them.
   */
  scan(
    table: number,
    width: number,
    columns: number,
    codes: number,
    offsets: number,
    docs: number,
    count: number,
    step: number,
    out: number,
  ): void;
  /**
   * The places of the `wanted` largest of `count` scores, and of few more, ascending, to `out`, which has
   * room for `count`; returns how many. NaN and -Infinity never appear. `bins` holds 2,048 words.
   */
  selectScores(scores: number, count: number, wanted: number, bins: number, out: number): number;
  /** `masks[c] |= 1 << t` for each column t whose byte of centroid c is at least `thresholds[t]`. */
  markCentroids(
    table: number,
    width: number,
    count: number,
    thresholds: number,
    masks: number,
  ): void;
  /** `hits[doc] |= masks[c]` for each u16 doc of the list of c: `lists[offsets[c] … offsets[c + 1]]`. */
  markDocuments(
    masks: number,
    centroids: number,
    offsets: number,
    lists: number,
    hits: number,
  ): void;
  /** `counts[n]++` for each document with n bits in its hits; `docs` as in `scan`. */
  countHits(hits: number, docs: number, count: number, counts: number): void;
  /**
   * The documents with at least `bitsMin` bits in their hits, in order, to `out`, which has room for
   * `count`; returns how many.
   */
  collectHits(hits: number, docs: number, count: number, bitsMin: number, out: number): number;
}

/** Vectors of one full chunk of packed vectors. */
const chunkVectors = 16;

/**
 * Interleaves signed rows of `stride` bytes (a multiple of 16) by 4 components: chunk of up to 16
 * vectors, step of 4 components, vector, component. `packed` takes `padded` vectors, `count` rounded up
 * to a multiple of 4, and begins on a whole word; `starts[v]` becomes -64 × the sum of row v, which takes away the offset of
 * plane bytes.
 */
export function packVectors(
  rows: Int8Array,
  count: number,
  stride: number,
  packed: Int8Array,
  starts: Int32Array,
): void {
  const padded = (count + 3) & ~3;
  const steps = stride >> 2;
  const from = wordsOf(rows, count * stride);
  const to = new Int32Array(packed.buffer, packed.byteOffset, padded * steps);
  for (let v = 0; v < padded; v++) {
    const chunk = v - (v % chunkVectors);
    const width = Math.min(chunkVectors, padded - chunk);
    const first = chunk * steps + (v - chunk);
    let sum = 0;
    for (let step = 0; step < steps; step++) {
      const four = v < count ? from[v * steps + step]! : 0;
      to[first + step * width] = four;
      sum += ((four << 24) >> 24) + ((four << 16) >> 24) + ((four << 8) >> 24) + (four >> 24);
    }
    starts[v] = -64 * sum;
  }
}

/** Four components at a time; a copy where they do not lie on whole words. */
function wordsOf(bytes: Int8Array, length: number): Int32Array {
  if (bytes.byteOffset % 4 !== 0) return new Int32Array(bytes.slice(0, length).buffer);
  return new Int32Array(bytes.buffer, bytes.byteOffset, length >> 2);
}

// Fewer dims for benchmark vectors: the axes that keep most of the dot products, by subspace iteration.

/** `kept` orthonormal rows of `dims` numbers: leading eigenvectors of the sum of v·vᵀ over all rows. */
export function principalAxes(
  texts: readonly Float32Array[],
  dims: number,
  kept: number,
): Float32Array {
  const moments = secondMoments(texts, dims);
  let axes = new Float64Array(kept * dims);
  let state = 1;
  for (let i = 0; i < axes.length; i++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    axes[i] = state / 2 ** 32 - 0.5;
  }
  for (let round = 0; round < 25; round++) {
    const next = new Float64Array(kept * dims);
    for (let a = 0; a < kept; a++) {
      for (let i = 0; i < dims; i++) {
        const weight = axes[a * dims + i]!;
        for (let j = 0; j < dims; j++) next[a * dims + j]! += weight * moments[i * dims + j]!;
      }
    }
    orthonormalize(next, dims, kept);
    axes = next;
  }
  return Float32Array.from(axes);
}

/** Each row's coordinates along the axes. */
export function project(
  values: Float32Array,
  dims: number,
  axes: Float32Array,
  kept: number,
): Float32Array {
  const rows = values.length / dims;
  const out = new Float32Array(rows * kept);
  for (let row = 0; row < rows; row++) {
    for (let a = 0; a < kept; a++) {
      let sum = 0;
      for (let i = 0; i < dims; i++) sum += values[row * dims + i]! * axes[a * dims + i]!;
      out[row * kept + a] = sum;
    }
  }
  return out;
}

function secondMoments(texts: readonly Float32Array[], dims: number): Float64Array {
  const moments = new Float64Array(dims * dims);
  for (const values of texts) {
    for (let at = 0; at < values.length; at += dims) {
      for (let i = 0; i < dims; i++) {
        const value = values[at + i]!;
        for (let j = 0; j < dims; j++) moments[i * dims + j]! += value * values[at + j]!;
      }
    }
  }
  return moments;
}

function orthonormalize(axes: Float64Array, dims: number, kept: number): void {
  for (let a = 0; a < kept; a++) {
    for (let b = 0; b < a; b++) {
      let dot = 0;
      for (let i = 0; i < dims; i++) dot += axes[a * dims + i]! * axes[b * dims + i]!;
      for (let i = 0; i < dims; i++) axes[a * dims + i]! -= dot * axes[b * dims + i]!;
    }
    let squares = 0;
    for (let i = 0; i < dims; i++) squares += axes[a * dims + i]! ** 2;
    const factor = 1 / Math.sqrt(squares);
    for (let i = 0; i < dims; i++) axes[a * dims + i]! *= factor;
  }
}

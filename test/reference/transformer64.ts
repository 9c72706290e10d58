import type { TransformerConfig } from '../../model/networks/transformer.js'

/** Named parameters as plain float64 arrays. */
export type Weights = Readonly<Record<string, Float64Array>>

/**
 * The transformer written out in float64 with plain loops: no folds, no batching tricks, textbook order of operations.
 *
 * @param tokens [B][T], MASK = V where hidden
 * @returns logits [B][T][V]
 */
export function transformer64(
  config: TransformerConfig,
  V: number,
  w: Weights,
  tokens: readonly (readonly number[])[],
): number[][][] {
  const { width: D, heads, layers, mlpRatio } = config
  const size = D / heads
  const dense = (x: readonly number[], name: string, inputs: number, outputs: number) =>
    Array.from({ length: outputs }, (_, o) => {
      let sum = w[`${name}.bias`]![o]!
      for (let i = 0; i < inputs; i++) sum += x[i]! * w[`${name}.weight`]![i * outputs + o]!
      return sum
    })
  const norm = (x: readonly number[], name: string) => {
    const mean = x.reduce((a, b) => a + b, 0) / D
    const variance = x.reduce((a, b) => a + (b - mean) ** 2, 0) / D
    return x.map(
      (value, i) =>
        ((value - mean) / Math.sqrt(variance + 1e-5)) * w[`${name}.scale`]![i]! + w[`${name}.shift`]![i]!,
    )
  }
  return tokens.map((string) => {
    let x = string.map((token, t) =>
      Array.from(
        { length: D },
        (_, i) => w['token.weight']![token * D + i]! + w['position.weight']![t * D + i]!,
      ),
    )
    for (let layer = 0; layer < layers; layer++) {
      const name = `block${layer}`
      const h = x.map((row) => norm(row, `${name}.attention.norm`))
      const qkv = h.map((row) => dense(row, `${name}.attention.qkv`, D, 3 * D))
      const [q, k, v] = [0, 1, 2].map((part) => qkv.map((row) => row.slice(part * D, (part + 1) * D)))
      const mixed = q!.map((query) => {
        const out = new Array<number>(D).fill(0)
        for (let head = 0; head < heads; head++) {
          const scores = k!.map((key) => {
            let dot = 0
            for (let i = head * size; i < (head + 1) * size; i++) dot += query[i]! * key[i]!
            return dot / Math.sqrt(size)
          })
          const peak = Math.max(...scores)
          const exps = scores.map((score) => Math.exp(score - peak))
          const total = exps.reduce((a, b) => a + b, 0)
          exps.forEach((weight, s) => {
            for (let i = head * size; i < (head + 1) * size; i++) out[i]! += (weight / total) * v![s]![i]!
          })
        }
        return out
      })
      x = x.map((row, t) =>
        dense(mixed[t]!, `${name}.attention.output`, D, D).map((value, i) => row[i]! + value),
      )
      x = x.map((row) => {
        const up = dense(norm(row, `${name}.mlp.norm`), `${name}.mlp.up`, D, D * mlpRatio).map(
          (u) => (u / 2) * (1 + erf(u / Math.SQRT2)),
        )
        return dense(up, `${name}.mlp.down`, D * mlpRatio, D).map((value, i) => row[i]! + value)
      })
    }
    return x.map((row) => dense(norm(row, 'head.norm'), 'head', D, V))
  })
}

/** −ln softmax(logits)[target]. */
export function crossEntropy64(logits: readonly number[], target: number): number {
  const peak = Math.max(...logits)
  return peak + Math.log(logits.reduce((sum, logit) => sum + Math.exp(logit - peak), 0)) - logits[target]!
}

/** erf by its Taylor series; exact to double precision for |x| < 4, where it is used. */
export function erf(x: number): number {
  if (Math.abs(x) > 5) return Math.sign(x)
  let [term, sum] = [x, x]
  for (let n = 1; n < 200 && Math.abs(term) > 1e-18; n++) {
    term *= (-x * x) / n
    sum += term / (2 * n + 1)
  }
  return (2 / Math.sqrt(Math.PI)) * sum
}

import type { Language } from './enumeration.js'
import type { chainOf } from './uniform-chain.js'

/** A list of strings under a chain of uniform noise, by sums over all strings, times and noisy strings. */
export function noisyLanguage(language: Language, chain: ReturnType<typeof chainOf>, T: number) {
  const V = chain.states.length
  const steps = chain.all.length - 1
  const N = V ** T
  const strings = Int32Array.from(
    { length: N * T },
    (_, at) => Math.floor(Math.floor(at / T) / V ** (at % T)) % V,
  )
  const times = Array.from({ length: steps }, (_, t) => t + 1)
  /** p(x_t = y) and p(x_0 = a at a place, x_t = y), with and without what x_t says of that place itself. */
  const at = (t: number) => {
    const evidence = new Float64Array(N)
    const [joint, without] = [new Float64Array(N * T * V), new Float64Array(N * T * V)]
    for (let y = 0; y < N; y++)
      for (const [n, string] of language.strings.entries()) {
        const likelihoods = Array.from(string, (token, i) => chain.all[t]![token]![strings[y * T + i]!]!)
        const likelihood = likelihoods.reduce((product, one) => product * one, language.probabilities[n]!)
        evidence[y]! += likelihood
        for (let i = 0; i < T; i++) {
          joint[(y * T + i) * V + string[i]!]! += likelihood
          without[(y * T + i) * V + string[i]!]! += likelihood / likelihoods[i]!
        }
      }
    return { evidence, joint, without }
  }
  const all = times.map(at)
  const shares = (values: Float64Array) =>
    values.map((value, k) => {
      const first = k - (k % V)
      return value / values.subarray(first, first + V).reduce((sum, other) => sum + other, 0)
    })
  const mean = (of: (t: number) => Float64Array) => {
    const out = new Float64Array(N * T * V)
    const whole = new Float64Array(N)
    for (const t of times) for (let y = 0; y < N; y++) whole[y]! += all[t - 1]!.evidence[y]!
    for (const t of times)
      of(t).forEach((value, k) => {
        const y = Math.floor(k / (T * V))
        out[k]! += (value * all[t - 1]!.evidence[y]!) / whole[y]!
      })
    return out
  }
  const context = (t: number) => shares(all[t - 1]!.without)
  const posterior = (t: number) => shares(all[t - 1]!.joint)
  /** p(x_{t−1} = b at a place, x_t = y), [N, T, V]. */
  const before = times.map((t) => {
    const out = new Float64Array(N * T * V)
    const back = chain.states.map((current) =>
      chain.states.map((token) =>
        chain.back(
          t,
          current,
          chain.states.map((a) => (a === token ? 1 : 0)),
        ),
      ),
    )
    for (let place = 0; place < N * T; place++)
      for (const a of chain.states)
        for (const b of chain.states)
          out[place * V + b]! += all[t - 1]!.joint[place * V + a]! * back[strings[place]!]![a]![b]!
    return out
  })
  /** Σ_t E[−ln p(x_{t−1} | x_t)] at a place of a noisy string, of what is put for x_0 there. */
  const surprise = (place: number, start: (t: number) => readonly number[]) =>
    times.reduce((sum, t) => {
      const predicted = chain.back(t, strings[place]!, start(t))
      return (
        sum -
        chain.sum((b) => {
          const weight = before[t - 1]![place * V + b]!
          return weight > 0 ? weight * Math.log(predicted[b]!) : 0
        })
      )
    }, 0)
  /** The expected bound of predictions of all noisy strings, exactly. */
  const bound = (predictions: (t: number) => Float64Array) => {
    let total = 0
    for (const t of times) {
      const start = predictions(t)
      for (let place = 0; place < N * T; place++) {
        const own = Array.from(start.subarray(place * V, (place + 1) * V))
        for (const a of chain.states) {
          const weight = all[t - 1]!.joint[place * V + a]!
          if (weight > 0) total += weight * chain.divergence(t, strings[place]!, a, own)
        }
      }
    }
    // Where the chain ends.
    for (const [n, string] of language.strings.entries())
      for (const token of string)
        total +=
          language.probabilities[n]! *
          chain.sum((a) => chain.all[steps]![token]![a]! * Math.log(V * chain.all[steps]![token]![a]!))
    return total
  }
  const evidence = (t: number) => all[t - 1]!.evidence
  return { strings, count: N, times, evidence, context, posterior, before, mean, surprise, bound }
}

import { fileURLToPath } from 'node:url'
import { exactNelbo } from '../../model/processes/absorbing/nelbo.js'
import { bayesDenoiser } from '../../analysis/oracles/bayes.js'
import { memoriser } from '../../analysis/oracles/memoriser.js'
import { stream, uniformInteger } from '../../common/random.js'
import { rhmSource } from '../../corpus/rhm.js'
import { drawCorpus } from '../../corpus/source.js'
import { editDistances } from '../../grammar/inference/edit-distance.js'
import { tokenPosterior } from '../../grammar/inference/posterior.js'
import { stringEntropy } from '../../grammar/rhm/marginals.js'
import { parse } from '../../grammar/rhm/parse.js'
import { logProbabilities } from '../../grammar/rhm/probability.js'
import { type Rhm, randomRhm } from '../../grammar/rhm/rhm.js'
import { row, stringSet, type TokenMatrix } from '../../common/strings.js'
import { compile } from '../../grammar/rhm/tables.js'

/** −∞ has no JSON: impossible things are null. */
const number = (value: number) => (Number.isFinite(value) ? value : null)
const rowsOf = (strings: TokenMatrix) => Array.from({ length: strings.count }, (_, i) => Array.from(row(strings, i)))

/** The answers of one grammar: see docs/conformance.md. */
export async function conformance(grammar: Rhm) {
  const tables = compile(grammar)
  const { d, v, L } = tables
  const source = rhmSource(tables)
  const { train, test } = drawCorpus(source, { train: 6, test: 4, seed: 'conformance' })
  const random = stream('conformance', 'strings')
  // Held-out strings, training strings, and strings with one token changed.
  const tokens = Int32Array.from([
    ...test.tokens,
    ...train.tokens.subarray(0, 2 * d),
    ...test.tokens.map((token, at) => (at % d === 1 ? (token + 1) % v : token)),
  ])
  const strings = { tokens, count: tokens.length / d, length: d }
  const parsed = parse(tables, tokens)
  const logs = logProbabilities(tables, strings)
  const known = stringSet(train)
  const edits = editDistances(tables, strings)
  const masked = Int32Array.from({ length: 5 * d }, (_, at) => {
    const i = Math.floor(at / d)
    // The last of the five shows a token that is wrong in its place.
    if (i === 4) return at % d < 2 ? tokens[(6 + 0) * d + (at % d)]! : v
    return uniformInteger(random, d) < i + 1 ? v : tokens[i * d + (at % d)]!
  })
  const evidence = new Float64Array(5)
  const byDepth = Array.from({ length: L + 1 }, (_, depth) =>
    tokenPosterior(tables, depth).marginals(masked, depth === L ? evidence : undefined),
  )
  const memory = (await memoriser(train, v).logProbabilities(masked)).map(Math.exp)
  const per = (flat: ArrayLike<number>, i: number) =>
    Array.from({ length: d }, (_, t) => Array.from({ length: v }, (_, a) => flat[(i * d + t) * v + a]!))
  const nelbo = await exactNelbo(bayesDenoiser(source), test)
  return {
    grammar,
    entropy: stringEntropy(tables),
    train: rowsOf(train),
    strings: rowsOf(strings).map((string, i) => ({
      tokens: string,
      valid: Array.from({ length: L }, (_, level) => {
        const nodes = parsed[level + 1]!.length / strings.count
        return parsed[level + 1]!.subarray(i * nodes, (i + 1) * nodes).every((symbol) => symbol >= 0)
      }),
      logProbability: number(logs[i]!),
      copy: known.find(strings.tokens, i * d) >= 0,
      edits: edits.slice(1).map((distances) => distances[i]!),
    })),
    masked: Array.from({ length: 5 }, (_, i) => ({
      tokens: Array.from(masked.subarray(i * d, (i + 1) * d)),
      logEvidence: number(evidence[i]!),
      posterior: byDepth.map((flat) => per(flat, i)),
      memoriser: per(memory, i),
    })),
    nelbo: rowsOf(test).map((string, i) => ({ tokens: string, exactPosterior: nelbo[i]! })),
  }
}

export const GRAMMARS: readonly Rhm[] = [
  randomRhm({ v: 3, m: 2, s: 2, L: 2, seed: 'conformance' }),
  randomRhm({ v: 4, m: 2, s: 2, L: 3, seed: 'conformance', weights: { kind: 'zipf', exponent: 1 } }),
  randomRhm({ v: 3, m: 3, s: 3, L: 2, n: 2, seed: 'conformance' }),
]

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const vectors = { version: 1, cases: await Promise.all(GRAMMARS.map(conformance)) }
  process.stdout.write(`${JSON.stringify(vectors)}\n`)
}

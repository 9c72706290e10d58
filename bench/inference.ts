import { stream, uniformInteger } from '../common/random.js'
import { rhmSource } from '../corpus/rhm.js'
import { drawCorpus } from '../corpus/source.js'
import { tokenPosterior } from '../grammar/inference/posterior.js'
import { BOOLEAN, REAL } from '../grammar/inference/semiring.js'
import { spanChart } from '../grammar/inference/span-chart.js'
import { layeredGrammar } from '../grammar/pcfg/layered.js'
import type { Pcfg, PcfgRule } from '../grammar/pcfg/pcfg.js'
import { samplePcfg, yieldOf } from '../grammar/pcfg/sample.js'
import { parse } from '../grammar/rhm/parse.js'
import { randomRhm } from '../grammar/rhm/rhm.js'
import { compile } from '../grammar/rhm/tables.js'
import { medianSeconds, type Row } from './measure.js'

/** Exact inference: posteriors on the fixed tree, parsing, and charts of general grammars. */
export async function benchInference(): Promise<Row[]> {
  return [...(await onTrees()), ...(await onSpans())]
}

async function onTrees(): Promise<Row[]> {
  const tables = compile(randomRhm({ v: 8, m: 3, s: 2, L: 3, seed: 'bench' }))
  const strings = 16_000
  const { tokens } = drawCorpus(rhmSource(tables), { train: strings, test: 0, seed: 'bench' }).train
  const random = stream('bench', 'mask')
  const masked = tokens.map((token) => (random() < 0.5 ? tables.v : token))
  const posterior = tokenPosterior(tables)
  const few = masked.subarray(0, 4000 * tables.d)
  const infer = await medianSeconds(9, () => posterior.marginals(few))
  const check = await medianSeconds(9, () => parse(tables, tokens))
  return [
    {
      what: 'exact posteriors of masked strings, (8,3,2,3)',
      value: (4 / infer).toFixed(0),
      unit: 'k strings/s',
      target: '≥ 100',
    },
    {
      what: 'boolean parse, (8,3,2,3)',
      value: (strings / check / 1e6).toFixed(1),
      unit: 'M strings/s',
      target: '≥ 1',
    },
  ]
}

async function onSpans(): Promise<Row[]> {
  const grammar = fortyRules()
  const chart = spanChart(grammar, REAL)
  const random = stream('bench', 'strings')
  const rates: string[] = []
  for (const n of [10, 20, 40]) {
    const strings = Array.from({ length: 4000 / n }, () =>
      Array.from({ length: n }, () => uniformInteger(random, 4)),
    )
    const seconds = await medianSeconds(5, () => {
      for (const string of strings) chart.up(string)
    })
    rates.push((strings.length / seconds).toFixed(0))
  }

  // Like the published layered grammars: six levels, three symbols each, one rule of two and one of three children.
  const layered = layeredGrammar({ levels: 6, symbols: 3, rules: { 2: 1, 3: 1 }, seed: 'cfg3' }).grammar
  let string: number[] = []
  for (let i = 0; string.length !== 300; i++)
    string = yieldOf(samplePcfg(layered, stream('bench', 'layered', i)))
  const recogniser = spanChart(layered, BOOLEAN)
  const recognise = await medianSeconds(15, () => recogniser.up(string))
  return [
    {
      what: 'inside, 40 rules, at n = 10 / 20 / 40',
      value: rates.join(' / '),
      unit: 'strings/s',
      target: '≥ 1,000 at 20',
    },
    {
      what: 'recognising 300 tokens of a layered grammar (6 levels, 2–3 children)',
      value: (1000 * recognise).toFixed(1),
      unit: 'ms',
      target: '≪ 50',
    },
  ]
}

/** Eight symbols over four tokens: four binary rules and one lexical rule each, so that every span holds something. */
function fortyRules(): Pcfg {
  const random = stream('bench', 'forty')
  const size = 8
  const rules: PcfgRule[] = Array.from({ length: size }, (_, left) => left).flatMap((left) => [
    ...Array.from({ length: 4 }, () => ({
      left,
      right: [0, 1].map(() => ({ kind: 'nonterminal' as const, id: uniformInteger(random, size) })),
      probability: 0.1,
    })),
    { left, right: [{ kind: 'terminal' as const, id: left % 4 }], probability: 0.6 },
  ])
  const names = (letter: string, count: number) => Array.from({ length: count }, (_, i) => `${letter}${i}`)
  return { kind: 'pcfg', nonterminals: names('N', size), terminals: names('t', 4), start: 0, rules }
}

import { groupByP } from '../../analysis/groups.js'
import type { RuleCost } from '../../analysis/stopping/costs.js'
import { entry, found, type Quantity, type Question } from './quantity.js'
import { decimal, percent, whole } from './written.js'

/** What a study is of, and what its digest says. */

/** From the smallest to the largest of some numbers: 32 to 4,096. */
function range(values: readonly number[]): string {
  const [low, high] = [Math.min(...values), Math.max(...values)]
  return low === high ? whole(low) : `${whole(low)} to ${whole(high)}`
}

export const runs: Quantity = (question) => whole(question.runs.length)
export const sizes: Quantity = (question) => range(question.runs.map(({ P }) => P))
export const parameters: Quantity = (question) => range(question.runs.map((run) => run.parameters))
export const strings: Quantity = (question) =>
  range(question.runs.map(({ source }) => Number(source.strings)))

/** How many grammars there are of every variant and P. */
export const grammars: Quantity = (question) => {
  const cells = new Map<string, Set<string>>()
  for (const { label, P, grammar } of question.runs)
    cells.set(`${label}/${P}`, (cells.get(`${label}/${P}`) ?? new Set()).add(grammar))
  return range([...cells.values()].map(({ size }) => size))
}

/** How long runs were watched: what some clock that did not strike says. */
export const watched: Quantity = (question) =>
  range(
    question.runs.flatMap(({ clocks }) =>
      clocks.flatMap(({ at }) => (at.kind === 'censored' ? at.after : [])),
    ),
  )

/** `threshold 2` and `threshold 2 raw`: P*_ℓ of a learner that reuses rules, and of one that tells raw tuples apart. */
export const threshold: Quantity = (question) => {
  const [level = '', kind = 'reuse'] = question.words
  const { thresholds } = question.runs[0]!.source.truth.levels!
  return whole(found(entry({ ...thresholds }, kind)[Number(level) - 1], `level ${level}`))
}

/** `copied 3` and `copied 3 expected`: blocks that stand in training strings, just before one run's clock of that level strikes. */
export const copied: Quantity = (question) => {
  const [level = '', column = 'copied'] = question.words
  const at = runOf(question).copied.find((one) => String(one.level) === level)
  return percent(entry({ ...found(at, `level ${level}`) }, column))
}

/** `cost RULE memorised` and so on: what a rule's checkpoints are worth, averaged over the runs of a study. */
export const cost: Quantity = (question) => {
  const [rule = '', column = ''] = question.words
  const row = ofStudy(question).costs.find((one) => one.rule === rule)
  return entry(COSTS, column)(found(row, `rule ${rule}`))
}

export const COSTS: Readonly<Record<string, (cost: Omit<RuleCost, 'meaning'>) => string>> = {
  fired: ({ rule, fired, runs: judged }) => (rule === 'none' ? '–' : `${fired} of ${judged}`),
  memorised: ({ memorised }) => percent(found(memorised, 'memorised fraction')),
  'novel-valid': ({ novelValid }) => percent(found(novelValid, 'share of novel, valid samples')),
  'test-lost': ({ testLost }) => decimal(found(testLost, 'test loss'), 2),
}

/** `collapse memorised apart` and so on: root mean square distance of a study's curves; `collapse memorised exponent`: the best. */
export const collapse: Quantity = (question) => {
  const [curve = '', column = ''] = question.words
  const one = ofStudy(question).collapses.find(({ name }) => name.startsWith(curve))
  const values: Readonly<Record<string, number | null>> = { ...found(one, `curve ${curve}`).collapse }
  // JSON has no ∞.
  if (values[column] === null) return 'no overlap'
  const value = entry(values, column)
  return column === 'exponent' ? decimal(value, 2) : decimal(value, 3).replace(/^0/, '')
}

/** `sampled one-by-one` and `sampled 8`: copies among samples of one run, by steps of the sampler. */
export const sampled: Quantity = (question) => {
  const [steps = ''] = question.words
  const point = runOf(question).sampled?.find((one) =>
    steps === 'one-by-one' ? one.oneByOne : !one.oneByOne && String(one.steps) === steps,
  )
  return percent(found(point?.copies, `${steps} steps`))
}

/** What the digest says of a whole study. */
export function ofStudy({ every, digest }: Question) {
  if (!every) throw new Error('of a whole study only: without P')
  return digest()
}

/** What the digest says of the one run that is asked about. */
function runOf({ runs: asked, digest }: Question) {
  if (groupByP(asked).length > 1 || asked.length > 1) throw new Error('several runs: which P?')
  return found(digest().runs[asked[0]!.key], `run ${asked[0]!.key}`)
}

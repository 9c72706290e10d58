import { groupByP } from '../../analysis/groups.js'
import type { RuleCost } from '../../analysis/stopping/costs.js'
import type { Quantity, Question } from './quantity.js'
import { decimal, percent, whole } from './written.js'

/** What a study is of, and what its digest says. */

/** From the smallest to the largest of some numbers: 32 to 4,096. */
function range(values: readonly number[]): string {
  const [low, high] = [Math.min(...values), Math.max(...values)]
  return low === high ? whole(low) : `${whole(low)} to ${whole(high)}`
}

export const runs: Quantity = (question) => whole(question.runs.length)
export const grammars: Quantity = (question) => whole(new Set(question.runs.map((run) => run.grammar)).size)
export const sizes: Quantity = (question) => range(question.runs.map(({ P }) => P))
export const parameters: Quantity = (question) => range(question.runs.map((run) => run.parameters))
export const strings: Quantity = (question) =>
  range(question.runs.map(({ source }) => Number(source.strings)))

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
  return whole(found(thresholds[kind === 'raw' ? 'raw' : 'reuse'][Number(level) - 1], `level ${level}`))
}

/** `seen 2`: between which sizes half of the runs began to acquire a level. */
export const seen: Quantity = ({ digest, words: [level = ''] }) => {
  const { reached, missed } = found(
    digest().thresholds.find((one) => String(one.level) === level),
    `level ${level}`,
  )
  if (reached === null) return `at no P up to ${whole(missed!)}`
  return missed === null
    ? `at P = ${whole(reached)} already`
    : `between P = ${whole(missed)} and ${whole(reached)}`
}

/** `copied 3` and `copied 3 expected`: blocks that stand in training strings, just before one run's clock of that level strikes. */
export const copied: Quantity = (question) => {
  const [level = '', which = 'copied'] = question.words
  const at = runOf(question).copied.find((one) => String(one.level) === level)
  return percent(found(at?.[which === 'expected' ? 'expected' : 'copied'], `level ${level}`))
}

/** `final copies`, and so on: one run's last checkpoint. */
export const final: Quantity = (question) => {
  const [name = ''] = question.words
  const values: Readonly<Record<string, unknown>> = runOf(question)
  return percent(found(values[name] as number | undefined, name))
}

/** `cost RULE fired` and so on: what a rule's checkpoints are worth, averaged over runs. */
export const cost: Quantity = ({ digest, words: [rule = '', column = ''] }) => {
  const row = found(
    digest().costs.find((one) => one.rule === rule),
    `rule ${rule}`,
  )
  return found(COSTS[column], `column ${column}`)(row)
}

export const COSTS: Readonly<Record<string, (cost: Omit<RuleCost, 'meaning'>) => string>> = {
  fired: ({ rule, fired, runs: judged }) => (rule === 'none' ? '–' : `${fired} of ${judged}`),
  memorised: ({ memorised }) => percent(found(memorised, 'memorised fraction')),
  'novel-valid': ({ novelValid }) => percent(found(novelValid, 'share of novel, valid samples')),
  'test-lost': ({ testLost }) => decimal(found(testLost, 'test loss'), 2),
}

/** `collapse memorised apart`: root mean square distance of curves, or the best exponent. */
export const collapse: Quantity = ({ digest, words: [curve = '', column = ''] }) => {
  const entry = found(
    digest().collapses.find(({ name }) => name.startsWith(curve)),
    `curve ${curve}`,
  )
  const values: Readonly<Record<string, number | null>> = { ...entry.collapse }
  const value = values[column]
  if (value === null) return 'no overlap'
  return column === 'exponent'
    ? decimal(found(value, column), 2)
    : decimal(found(value, column), 3).replace(/^0/, '')
}

/** `blocks 2 value` and `blocks 2 step`: most blocks of a level copied beyond chance, and when, of one P. */
export const blocks: Quantity = (question) => {
  const [level = '', column = 'value'] = question.words
  const [{ P }] = question.runs as [Question['runs'][number]]
  const top = question.digest().copiedBlocks.find((one) => one.P === P && String(one.level) === level)
  return column === 'step' ? whole(found(top?.step, 'step')) : percent(found(top?.value, `level ${level}`))
}

/** `sampled one-by-one` and `sampled 8`: copies among samples of one run, by steps of the sampler. */
export const sampled: Quantity = (question) => {
  const [steps = ''] = question.words
  const point = runOf(question).sampled?.find((one) =>
    steps === 'one-by-one' ? one.oneByOne : !one.oneByOne && String(one.steps) === steps,
  )
  return percent(found(point?.copies, `${steps} steps`))
}

/** What the digest says of the one run that is asked about. */
function runOf({ runs: asked, digest }: Question) {
  if (groupByP(asked).length > 1 || asked.length > 1) throw new Error('several runs: which P?')
  return found(digest().runs[asked[0]!.key], `run ${asked[0]!.key}`)
}

/** Throws where there is nothing. */
export function found<T>(value: T | null | undefined, what: string): T {
  if (value === null || value === undefined) throw new Error(`no ${what} there`)
  return value
}

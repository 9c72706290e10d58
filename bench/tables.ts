import type { Row } from './measure.js'
import { PEER_NAMES } from './peers.js'
import { type Comparison, fastest, type Outcome } from './training.js'

/** Everything but training steps, in Markdown. */
export function rowTable(rows: readonly Row[]): string {
  return table(
    ['what', 'measured', 'unit', 'target'],
    speedRows(rows).map((row) => Object.values(row)),
  )
}

/** The same by column: what documents quote. */
export function speedRows(rows: readonly Row[]): Readonly<Record<string, string>>[] {
  return rows.map(({ what, value, unit, target }) => ({ what, measured: value, unit, target }))
}

/** Training steps beside their peers', in Markdown, and in words where programs do not compute the same. */
export function trainingTable(comparisons: readonly Comparison[], rounds: number): string {
  const rows = trainingRows(comparisons)
  const head = Object.keys(rows[0] ?? {})
  const lines = rows.map((row) => head.map((key) => row[key]!))
  const outcomes = comparisons.flatMap(({ size, peers }) =>
    PEER_NAMES.map((name) => ({ size, name, outcome: peers[name] })),
  )
  const reasons = outcomes.flatMap(({ size, name, outcome }) =>
    outcome && outcome.kind !== 'timed' ? [`- ${size}: ${name} ${outcome.kind}: ${outcome.why}`] : [],
  )
  const apart = outcomes.flatMap(({ outcome }) => (outcome?.kind === 'timed' ? [outcome.difference] : []))
  const beside = [
    `A peer's time over ours: median of ${rounds} rounds [smallest, largest].`,
    `Before, its first losses and gradient norms differed from ours by at most ${Math.max(...apart).toExponential(0)}, relative.`,
    ...NOT_THE_SAME,
  ]
  const notes = [...(apart.length > 0 ? beside : []), ...reasons].map((line) => `${line}\n`)
  return [table(head, lines), ...(notes.length > 0 ? ['\n', ...notes] : [])].join('')
}

/** One row per size, by column: what documents quote. */
export function trainingRows(comparisons: readonly Comparison[]): Readonly<Record<string, string>>[] {
  return comparisons.map((comparison) => ({
    'training step': comparison.size,
    'ours, ms': comparison.milliseconds.toFixed(2),
    ...Object.fromEntries(PEER_NAMES.map((name) => [name, cell(comparison.peers[name])])),
    'fastest peer': fastest(comparison) ?? '–',
    'rows with loss': `${(100 * comparison.lossRows).toFixed(0)} %`,
    'target (eager)': comparison.target,
  }))
}

/** What a ratio also compares. */
const NOT_THE_SAME = [
  'The programs do not compute the same in two places:',
  '- Rows without loss: ours leaves them out from the last attention on, peers compute the logits of all rows.',
  '- Batches and their masks: ours draws them within the time, peers have them ready.',
]

function cell(outcome: Outcome | undefined): string {
  if (!outcome) return '–'
  if (outcome.kind !== 'timed') return outcome.kind
  const [smallest, largest] = outcome.range
  return `${outcome.ratio.toFixed(2)} [${smallest.toFixed(2)}, ${largest.toFixed(2)}]`
}

function table(head: readonly string[], lines: readonly (readonly string[])[]): string {
  return [head, head.map(() => '---'), ...lines].map((line) => `| ${line.join(' | ')} |\n`).join('')
}

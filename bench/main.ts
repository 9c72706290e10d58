import { existsSync } from 'node:fs'
import { cpus } from 'node:os'
import { parseArgs } from 'node:util'
import { InputError, requireInteger } from '../common/error.js'
import { readJson, writeJson } from '../common/files.js'
import { benchGrammar } from './grammar.js'
import { benchInference } from './inference.js'
import type { Row } from './measure.js'
import { benchSampling } from './sampling.js'
import { SIZES } from './sizes.js'
import { benchStudy } from './study.js'
import { rowTable, speedRows, trainingRows, trainingTable } from './tables.js'
import { type Comparison, compare } from './training.js'

/** Runs every benchmark, or training steps of some sizes only, and prints Markdown tables or JSON; nothing here is a test. */
const { values } = parseArgs({
  options: {
    /** A Python whose peers are timed beside our training step. */
    python: { type: 'string' },
    rounds: { type: 'string', default: '15' },
    /** Training steps only, of these sizes, separated by commas. */
    sizes: { type: 'string' },
    json: { type: 'boolean', default: false },
    /** A JSON file for the tables, such as docs/results/benchmarks.json; one that was not measured stays as it is there. */
    out: { type: 'string' },
  },
})
const rounds = requireInteger('rounds', Number(values.rounds), 1)
const sizes = values.sizes?.split(',') ?? Object.keys(SIZES)
for (const name of sizes)
  if (!SIZES[name]) throw new InputError('sizes', name, `some of ${Object.keys(SIZES).join(', ')}`)

const rows: Row[] = values.sizes
  ? []
  : [...(await benchGrammar()), ...(await benchInference()), ...(await benchSampling()), ...benchStudy()]
const training: Comparison[] = []
for (const name of sizes) training.push(await compare(name, SIZES[name]!, rounds, values.python))

if (values.out) {
  const before = existsSync(values.out) ? (readJson(values.out, 'tables') as object) : {}
  const speed = rows.length > 0 ? { speed: speedRows(rows) } : {}
  writeJson(values.out, { ...before, ...speed, training: trainingRows(training) })
}

const machine = { node: process.version, processor: cpus()[0]?.model ?? 'unknown processor' }
if (values.json) process.stdout.write(`${JSON.stringify({ ...machine, rounds, rows, training })}\n`)
else {
  process.stdout.write(`Node ${machine.node}, ${machine.processor}, one core\n`)
  if (rows.length > 0) process.stdout.write(`\n${rowTable(rows)}`)
  process.stdout.write(`\n${trainingTable(training, rounds)}`)
}

import { cpus } from 'node:os'
import { benchGrammar } from './grammar.js'
import { benchInference } from './inference.js'
import { benchStudy } from './study.js'
import { benchTrain } from './train.js'

/** Runs every benchmark and prints one Markdown table; nothing here is a test. */
const torch = process.argv.includes('--torch') ? process.argv[process.argv.indexOf('--torch') + 1] : undefined
const rows = [
  ...(await benchGrammar()),
  ...(await benchInference()),
  ...(await benchTrain(torch)),
  ...benchStudy(),
]
process.stdout.write(`Node ${process.version}, ${cpus()[0]?.model ?? 'unknown processor'}, one core\n\n`)
process.stdout.write('| what | measured | unit | target |\n| --- | --- | --- | --- |\n')
for (const { what, value, unit, target } of rows)
  process.stdout.write(`| ${what} | ${value} | ${unit} | ${target} |\n`)

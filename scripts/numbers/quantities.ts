import * as clocks from './clock-quantities.js'
import type { Quantity } from './quantity.js'
import * as study from './study-quantities.js'
import * as tables from './table-quantities.js'

/** Every quantity by the word that names it, with how many words it takes at most. */
export const QUANTITIES: Readonly<Record<string, readonly [read: Quantity, words: number]>> = {
  runs: [study.runs, 0],
  grammars: [study.grammars, 0],
  sizes: [study.sizes, 0],
  parameters: [study.parameters, 0],
  strings: [study.strings, 0],
  watched: [study.watched, 0],
  threshold: [study.threshold, 2],
  copied: [study.copied, 2],
  cost: [study.cost, 2],
  collapse: [study.collapse, 2],
  sampled: [study.sampled, 1],
  exponent: [clocks.exponent, 1],
  step: [clocks.step, 1],
  ratio: [clocks.ratioOf, 1],
  least: [clocks.least, 1],
  struck: [clocks.struck, 1],
  when: [clocks.when, 1],
  'run-table': [tables.runTable, Number.POSITIVE_INFINITY],
  'law-table': [tables.lawTable, 0],
  'step-table': [tables.stepTable, Number.POSITIVE_INFINITY],
  'cost-table': [tables.costTable, 0],
  'threshold-table': [tables.thresholdTable, 0],
  'block-table': [tables.blockTable, 0],
  'infilling-table': [tables.infillingTable, 0],
  'variant-table': [tables.variantTable, 1],
}

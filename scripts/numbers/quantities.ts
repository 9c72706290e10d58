import { clockRatio, exponent, least, step, struck, when } from './clock-quantities.js'
import type { Quantity } from './quantity.js'
import * as study from './study-quantities.js'
import * as tables from './table-quantities.js'

/** Every quantity by the word that names it. */
export const QUANTITIES: Readonly<Record<string, Quantity>> = {
  runs: study.runs,
  grammars: study.grammars,
  sizes: study.sizes,
  parameters: study.parameters,
  strings: study.strings,
  watched: study.watched,
  threshold: study.threshold,
  seen: study.seen,
  copied: study.copied,
  final: study.final,
  cost: study.cost,
  collapse: study.collapse,
  blocks: study.blocks,
  sampled: study.sampled,
  exponent,
  step,
  ratio: clockRatio,
  least,
  struck,
  when,
  'run-table': tables.runTable,
  'law-table': tables.lawTable,
  'step-table': tables.stepTable,
  'cost-table': tables.costTable,
  'threshold-table': tables.thresholdTable,
  'infilling-table': tables.infillingTable,
  'variant-table': tables.variantTable,
}

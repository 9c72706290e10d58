import { expect, test } from 'vitest'
import { summarise } from '../../analysis/run-summary.js'
import { rhmSource } from '../../corpus/rhm.js'
import { randomRhm } from '../../grammar/rhm/rhm.js'
import { compile } from '../../grammar/rhm/tables.js'
import { anatomy } from '../../report/figures/anatomy.js'
import { withinPanel } from '../../report/figures/panels.js'
import { toPng, toSvg } from '../../report/render.js'
import { copies, level, record } from '../analysis/records.js'

test('a panel leaves out a curve that is wholly above or wholly below it, and keeps one that crosses it', () => {
  const points = (...values: number[]) => values.map((value) => ({ value }))
  expect(withinPanel(points(-3, -0.3), [-0.2, 1])).toEqual([])
  expect(withinPanel(points(1.5, 2), [-0.2, 1])).toEqual([])
  expect(withinPanel(points(-3, 2), [-0.2, 1])).toEqual(points(-3, 2))
  expect(withinPanel(points(-3, 0.5, -3), [-0.2, 1])).toEqual(points(-3, 0.5, -3))
})

test('blocks that are copied far less than by chance leave a figure that can be drawn', async () => {
  const source = rhmSource(compile(randomRhm({ v: 4, m: 2, s: 2, L: 2, seed: '1' })))
  const scarce = { nodeValidity: 0.1, acquisition: 0, acquisitionTrials: 100 }
  const levels = [1, 2].map((index) => ({
    ...level(index, scarce),
    blockCopies: 0.1,
    blockCopiesExpected: 0.9,
  }))
  const records = [20, 40].map((step) => record(step, { levels, copies: copies(0) }))
  const run = {
    key: 'run',
    grammar: 'g',
    P: 8,
    batch: 4,
    parameters: 10,
    source,
    records,
    phenomena: {},
    label: '',
  }
  const svg = await toSvg(anatomy.draw([summarise(run)], {}))
  // An eightfold of the panel's height below it.
  expect(toPng(svg).length).toBeGreaterThan(1000)
})

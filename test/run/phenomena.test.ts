import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { phenomenaSchema } from '../../run/options.js'
import { isMeasured, readPhenomena } from '../../run/phenomena.js'

let directory: string
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'phenomena-'))
  mkdirSync(join(directory, 'phenomena'))
})
afterAll(() => rmSync(directory, { recursive: true }))

const options = phenomenaSchema.parse({ kinds: ['split-half', 'infilling'] })
const half = { step: 20, disagreement: 0.3, perString: [0.2, 0.4] }
const filled = { step: null, level: 1, aligned: true, train: 0.5, heldOut: 0.25 }

/** What is read back of a file of results. */
function read(name: 'split-half' | 'infilling', file: object) {
  writeFileSync(join(directory, 'phenomena', `${name}.json`), JSON.stringify(file))
  return [isMeasured(directory, name, options), readPhenomena(directory)[name]]
}

test('results of an experiment are read back as they were written', () => {
  expect(read('split-half', { version: 2, options, rows: [half] })).toEqual([true, [half]])
  expect(read('infilling', { version: 1, options, rows: [filled] })).toEqual([true, [filled]])
})

test.each([
  ['of another version', { version: 1, options, rows: [half] }],
  ['of no version, where the first is no longer read', { options, rows: [half] }],
  ['without a field', { version: 2, options, rows: [{ step: 20, disagreement: 0.3 }] }],
  ['that hold what is no number', { version: 2, options, rows: [{ ...half, disagreement: 'x' }] }],
  ['without rows', { version: 2, options }],
])('results %s are as if they had not been measured', (_, file) => {
  expect(read('split-half', file)).toEqual([false, undefined])
})

test('results of before versions are those of the first', () => {
  expect(read('infilling', { options, rows: [filled] })).toEqual([true, [filled]])
})

test('results of other options are shown, and measured again where these are asked for', () => {
  const other = { ...options, seed: 'other' }
  expect(read('infilling', { version: 1, options: other, rows: [filled] })).toEqual([false, [filled]])
})

import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { InputError } from '../../common/error.js'
import { sha256 } from '../../common/files.js'
import { createRun, openRun } from '../../run/run.js'
import { cli } from '../cli/run-cli.js'

let directory: string
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'device-'))
})
afterAll(() => rmSync(directory, { recursive: true }))

const CONFIG = {
  grammar: { v: 4, m: 2, s: 2, L: 2 },
  corpus: { train: 8, test: 4 },
  model: { layers: 1, width: 8 },
  steps: 4,
} as const
const FLAGS = '--v 4 --m 2 --s 2 --L 2 --P 8 --Q 4 --layers 1 --width 8 --steps 4'.split(' ')
const MISSING = /device: got "cuda", expected CUDA and its provider/

/** The runtime's own library complains in lines of its own. */
const errorsOf = (stderr: string) => stderr.split('\n').filter((line) => line.startsWith('error: '))

/** Everything in a folder, with the hash of its bytes. */
const everything = (folder: string) =>
  Object.fromEntries(
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }) => [join(parentPath, name), sha256(readFileSync(join(parentPath, name)))]),
  )

describe('a device that is not there', () => {
  test('is found before a run is made: train leaves no directory', () => {
    const { code, stderr } = cli(['train', 'run', ...FLAGS, '--device', 'cuda'], directory)
    expect([code, errorsOf(stderr)]).toEqual([2, [expect.stringMatching(MISSING)]])
    expect(existsSync(join(directory, 'run'))).toBe(false)
  })

  test('is found before a study begins: run and plan leave no cells', () => {
    writeFileSync(
      join(directory, 'study.yaml'),
      `name: s\nbase: ${JSON.stringify(CONFIG)}\naxes:\n  - seed: ["1", "2"]\nanalysis: { samples: 4, strings: 4 }\n`,
    )
    for (const command of ['run', 'plan']) {
      const { code, stderr } = cli(['study', command, 'study.yaml', '--device', 'cuda'], directory)
      expect([code, errorsOf(stderr)]).toEqual([2, [expect.stringMatching(MISSING)]])
      expect(existsSync(join(directory, 'studies'))).toBe(false)
    }
  })

  test('of a run in code keeps it as it was made: no checkpoint, no curve, and it trains elsewhere', async () => {
    const run = createRun(join(directory, 'made'), CONFIG)
    const made = everything(run.directory)
    await expect(run.train({ device: 'cuda' })).rejects.toThrow(InputError)
    await expect(run.train({ device: 'cuda' })).rejects.toThrow(MISSING)
    expect(run.steps()).toEqual([])
    expect(everything(run.directory)).toEqual(made)
    expect(await run.train({ device: 'cpu' })).toEqual({ kind: 'finished', step: 4 })
  })

  test('forgets nothing that was measured: what another analysis would replace stays', async () => {
    const run = createRun(join(directory, 'measured'), CONFIG)
    await run.train({ device: 'cpu' })
    await run.analyse({ samples: 4, strings: 4 }, { device: 'cpu' })
    const measured = everything(run.directory)
    for (const options of [{ samples: 4, strings: 4, seed: 'other' }, { samples: 8 }])
      await expect(openRun(run.directory).analyse(options, { device: 'cuda' })).rejects.toThrow(MISSING)
    expect(everything(run.directory)).toEqual(measured)
    for (const command of ['analyse', 'sample']) {
      const { code, stderr } = cli([command, 'measured', '--device', 'cuda'], directory)
      expect([code, errorsOf(stderr)]).toEqual([2, [expect.stringMatching(MISSING)]])
    }
    expect(everything(run.directory)).toEqual(measured)
  })
})

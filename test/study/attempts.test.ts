import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { writeJson } from '../../common/files.js'
import { type Attempt, beginAttempt, mayLive, readAttempts } from '../../study/attempts.js'
import { cellDirectory } from '../../study/cell.js'
import { parseStudy } from '../../study/definition.js'
import { studyStatus } from '../../study/status.js'

let directory: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'attempts-'))
})
afterEach(() => rmSync(directory, { recursive: true }))

/** A process that has ended: its number is not given out again while a test runs. */
const gone = spawnSync(process.execPath, ['-e', '']).pid
const began = { started: '2025-01-01T00:00:00.000Z' }
const elsewhere = `not-${hostname()}`

describe('a process that worked on a cell', () => {
  test('may live until it ends; only its own machine can tell that it went away without a word', () => {
    expect(mayLive({ ...began, host: hostname(), pid: process.pid })).toBe(true)
    expect(mayLive({ ...began, host: hostname(), pid: gone })).toBe(false)
    // Numbers of processes mean nothing on another machine, whether there is such a one here or not.
    expect(mayLive({ ...began, host: elsewhere, pid: gone })).toBe(true)
    expect(mayLive({ ...began, host: elsewhere, pid: process.pid })).toBe(true)
    for (const host of [hostname(), elsewhere])
      expect(mayLive({ ...began, host, pid: process.pid, ended: began.started, outcome: 'finished' })).toBe(
        false,
      )
  })

  test('of another user may live', () => {
    // The first process belongs to root, or to whoever runs this: either way it is there.
    expect(mayLive({ ...began, host: hostname(), pid: 1 })).toBe(true)
  })

  test('is on record with its machine from its beginning, and with its outcome from its end', () => {
    mkdirSync(join(directory, 'cell'))
    const end = beginAttempt(join(directory, 'cell'))
    expect(readAttempts(join(directory, 'cell'))).toEqual([
      { host: hostname(), pid: process.pid, started: expect.any(String) },
    ])
    end({ outcome: 'interrupted' })
    const second = beginAttempt(join(directory, 'cell'))
    second({ outcome: 'failed', message: 'disk full' })
    expect(readAttempts(join(directory, 'cell'))).toMatchObject([
      { pid: process.pid, outcome: 'interrupted', ended: expect.any(String) },
      { pid: process.pid, outcome: 'failed', message: 'disk full', ended: expect.any(String) },
    ])
  })
})

test('a cell is running while its last process may live, stopped when it is gone, failed when it said so', () => {
  const study = parseStudy(`
    name: states
    base: { grammar: { v: 4, m: 2, s: 2, L: 2 }, corpus: { train: 8, test: 8 } }
    axes: [{ seed: ["0", "1", "2", "3", "4", "5"] }]
  `)
  const here: Attempt = { ...began, host: hostname(), pid: gone }
  const there: Attempt = { ...began, host: elsewhere, pid: gone }
  const ended = { ended: began.started }
  const attempts: Attempt[][] = [
    [here],
    [there],
    [there, here],
    [{ ...there, ...ended, outcome: 'failed', message: 'unlucky' }],
    [
      { ...here, ...ended, outcome: 'interrupted' },
      { ...here, pid: process.pid },
    ],
  ]
  attempts.forEach((list, i) => {
    const cell = cellDirectory(directory, study.cells[i]!)
    mkdirSync(cell, { recursive: true })
    writeJson(join(cell, 'attempts.json'), list)
  })
  expect(
    studyStatus(study, directory).map(({ state, attempts, message }) => [state, attempts, message]),
  ).toEqual([
    ['stopped', 1, undefined],
    ['running', 1, undefined],
    ['stopped', 2, undefined],
    ['failed', 1, 'unlucky'],
    ['running', 2, undefined],
    ['waiting', 0, undefined],
  ])
})

import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { sha256 } from '../../common/files.js'
import { stream } from '../../common/random.js'
import { cli, program } from '../cli/run-cli.js'

const STUDY = `
name: tiny
base:
  grammar: { v: 6, m: 2, s: 2, L: 3 }
  corpus: { test: 60 }
  model: { layers: 1, width: 16 }
  steps: 1500
  checkpoints: { count: 12 }
axes:
  - corpus.train: [16, 32, 48]
analysis: { samples: 60, strings: 16 }
phenomena: { kinds: [infilling], checkpoints: 1, strings: 20 }
`

let directory: string
let expected: Record<string, string>

/** The hash of everything of a study that is a result, by path. */
function results(name: string): Record<string, string> {
  const root = join(directory, name)
  const files = readdirSync(root, { recursive: true, encoding: 'utf8' })
  const wanted = files.filter((file) =>
    /analysis\.jsonl$|metrics\.jsonl$|phenomena\/|results\.csv$|\.safetensors$/.test(file),
  )
  return Object.fromEntries(
    wanted
      .filter((file) => !file.endsWith('phenomena'))
      .sort()
      .map((file) => [file, sha256(readFileSync(join(root, file)))]),
  )
}

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'kills-'))
  writeFileSync(join(directory, 'tiny.yaml'), STUDY)
  expect(cli(['study', 'run', 'tiny.yaml', '--out', 'whole'], directory).code).toBe(0)
  expected = results('whole')
})
afterAll(() => rmSync(directory, { recursive: true, force: true }))

/** Process ids that work on a cell right now. */
function workers(name: string): number[] {
  const cells = join(directory, name, 'cells')
  if (!existsSync(cells)) return []
  return readdirSync(cells).flatMap((cell) => {
    const path = join(cells, cell, 'attempts.json')
    if (!existsSync(path)) return []
    const last = JSON.parse(readFileSync(path, 'utf8')).at(-1)
    return last.ended === undefined ? [last.pid] : []
  })
}

function kill(pid: number): boolean {
  try {
    return process.kill(pid, 'SIGKILL')
  } catch {
    return false
  }
}

describe('a study survives', () => {
  test('20 kills of workers and of the whole study at random instants, with the results of an undisturbed one', async () => {
    const random = stream('kills', 'instants')
    let [ofWorkers, ofStudies] = [0, 0]
    for (let round = 0; ofWorkers + ofStudies < 20 || Math.min(ofWorkers, ofStudies) < 5; round++) {
      const name = `killed-${round}`
      for (let launch = 0; launch < 3; launch++) {
        const child: ChildProcess = spawn(
          process.execPath,
          [program, 'study', 'run', 'tiny.yaml', '--out', name],
          {
            cwd: directory,
            stdio: 'ignore',
            detached: true,
          },
        )
        const closed = new Promise((resolve) => child.once('close', resolve))
        for (let blow = 0; blow < 2 && child.exitCode === null; blow++) {
          await new Promise((resolve) => setTimeout(resolve, 500 + 900 * random()))
          const pids = workers(name)
          const victim = pids[Math.floor(random() * pids.length)]
          if (victim !== undefined && kill(victim)) ofWorkers++
        }
        await new Promise((resolve) => setTimeout(resolve, 400 * random()))
        // The whole process group, as a machine that loses power.
        if (child.exitCode === null && kill(-child.pid!)) ofStudies++
        await closed
      }
      // A cell whose second try was killed too is reported, and done by the next run.
      cli(['study', 'run', 'tiny.yaml', '--out', name], directory)
      expect(cli(['study', 'run', 'tiny.yaml', '--out', name], directory).code).toBe(0)
      expect(results(name)).toEqual(expected)
      rmSync(join(directory, name), { recursive: true })
    }
    console.info(`${ofWorkers} workers and ${ofStudies} whole studies killed`)
    expect(ofWorkers).toBeGreaterThanOrEqual(5)
    expect(ofStudies).toBeGreaterThanOrEqual(5)
  })

  const mountable =
    process.getuid?.() === 0 &&
    (() => {
      const probe = mkdtempSync(join(tmpdir(), 'mount-'))
      const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', probe]).status === 0
      if (mounted) spawnSync('umount', [probe])
      rmSync(probe, { recursive: true })
      return mounted
    })()
  if (!mountable) console.info('skipped: a disk that fills up (mounting a small tmpfs takes root)')

  test.skipIf(!mountable).each([300, 700, 1200])(
    'a disk of %i KiB that fills up: what failed is said, nothing is half-written, and with room it ends the same',
    (size) => {
      const disk = join(directory, `disk-${size}`)
      mkdirSync(disk)
      spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${size}k`, 'tmpfs', disk])
      try {
        const full = cli(['study', 'run', 'tiny.yaml', '--out', join(disk, 'study')], directory)
        expect(full.code).toBe(1)
        expect(full.stderr).toMatch(/ENOSPC|no space left/)
        const files = readdirSync(disk, { recursive: true, encoding: 'utf8' })
        expect(files.filter((file) => file.endsWith('.tmp'))).toEqual([])
        for (const file of files.filter((name) => name.endsWith('.json')))
          expect(() => JSON.parse(readFileSync(join(disk, file), 'utf8'))).not.toThrow()
        spawnSync('mount', ['-o', 'remount,size=64m', disk])
        expect(cli(['study', 'run', 'tiny.yaml', '--out', join(disk, 'study')], directory).code).toBe(0)
        expect(results(join(`disk-${size}`, 'study'))).toEqual(expected)
      } finally {
        spawnSync('umount', ['-l', disk])
      }
    },
  )
})

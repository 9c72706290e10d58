import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { cellDirectory } from '../../study/cell.js'
import { parseStudy } from '../../study/definition.js'
import { prepareStudy } from '../../study/run-study.js'

const STUDY = `
name: one
base:
  grammar: { v: 4, m: 2, s: 2, L: 2 }
  corpus: { train: 8, test: 8 }
  model: { layers: 1, width: 8, heads: 2 }
  batch: 4
  steps: 4
  checkpoints: { count: 2, first: 2 }
analysis: { samples: 8, strings: 4 }
phenomena: { kinds: [infilling], strings: 3, samples: 7, checkpoints: 1 }
`

let directory: string
beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'training-'))
  const { experiment, options, cells } = parseStudy(STUDY)
  const context = { options, device: 'cpu', onProgress: () => {} } as const
  expect(await experiment.run(cellDirectory(directory, cells[0]!), cells[0]!.config, context)).toBe(
    'finished',
  )
})
afterAll(() => rmSync(directory, { recursive: true }))

/** What is left to do of the study with some of its text in other words. */
const openCells = (from = '', to = ''): string[] => {
  expect(STUDY).toContain(from)
  const study = parseStudy(STUDY.replace(from, to))
  rmSync(join(directory, 'study.yaml'), { force: true })
  return prepareStudy(study, directory).map(({ key }) => key)
}

/** The same while a file of the run has other contents. */
const openWhile = (name: string, change: (text: string) => string): string[] => {
  const path = join(cellDirectory(directory, parseStudy(STUDY).cells[0]!), name)
  const text = readFileSync(path, 'utf8')
  expect(change(text)).not.toBe(text)
  writeFileSync(path, change(text))
  try {
    return openCells()
  } finally {
    writeFileSync(path, text)
  }
}

describe('a cell that trains a network is done', () => {
  test('once it is trained and measured as the study says', () => {
    expect(openCells()).toEqual([])
  })

  test.each([
    ['samples', 'samples: 8', 'samples: 9'],
    ['strings', 'strings: 4', 'strings: 5'],
    ['masks', 'strings: 4', 'strings: 4, exact: true'],
    ['seeds', 'strings: 4', 'strings: 4, seed: "1"'],
    ['samplers', 'strings: 4', 'strings: 4, sampler: { kind: ancestral }'],
    ['experiments', '[infilling]', '[infilling, sampler-steps]'],
    ['strings of an experiment', 'strings: 3', 'strings: 2'],
    ['samples of an experiment', 'samples: 7', 'samples: 6'],
    ['checkpoints of an experiment', 'checkpoints: 1', 'checkpoints: 2'],
    ['checkpoints', 'first: 2', 'first: 1'],
    ['steps', 'steps: 4', 'steps: 6'],
  ])('not with other %s', (_, from, to) => {
    expect(openCells(from, to)).toEqual(['run'])
  })

  test('whatever else was measured, where the study asks for less', () => {
    expect(
      openCells('phenomena: { kinds: [infilling], strings: 3, samples: 7, checkpoints: 1 }', ''),
    ).toEqual([])
  })

  test('not where a checkpoint has no record, or one without all that this version measures', () => {
    const lines = (text: string) => text.trimEnd().split('\n')
    expect(
      lines(
        readFileSync(join(cellDirectory(directory, parseStudy(STUDY).cells[0]!), 'analysis.jsonl'), 'utf8'),
      ),
    ).toHaveLength(3)
    for (const gone of [0, 1, 2])
      expect(
        openWhile(
          'analysis.jsonl',
          (text) =>
            `${lines(text)
              .filter((_, i) => i !== gone)
              .join('\n')}\n`,
        ),
      ).toEqual(['run'])
    for (const name of ['losses', 'levels', 'copies', 'oracles', 'samples'])
      expect(
        openWhile('analysis.jsonl', (text) => text.replace(new RegExp(`"${name}":\\d+`), `"${name}":0`)),
      ).toEqual(['run'])
    expect(
      openWhile('phenomena/infilling.json', (text) => text.replace('"strings": 3', '"strings": 2')),
    ).toEqual(['run'])
  })
})

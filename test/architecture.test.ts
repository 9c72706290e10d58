import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { expect, test } from 'vitest'

/** Which rooms each room may import. `common` is the floor all of them stand on. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  common: [],
  grammar: ['common'],
  model: ['common'],
  train: ['common', 'grammar', 'model'],
  analysis: ['common', 'grammar', 'model'],
  study: ['common', 'grammar', 'model', 'train', 'analysis'],
  cli: ['common', 'grammar', 'model', 'train', 'analysis', 'study'],
  vitest: ['common', 'grammar', 'model', 'train', 'analysis', 'study'],
}

const root = resolve(import.meta.dirname, '..')

function sources(directory: string): string[] {
  return readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => join(directory, name))
}

test.each(Object.entries(MAY_IMPORT))('%s imports only from the rooms it may know', (room, allowed) => {
  const wrong = sources(join(root, room)).flatMap((file) =>
    [...readFileSync(file, 'utf8').matchAll(/from '(\.[^']+)'|import\('(\.[^']+)'\)/g)]
      .map((match) => relative(root, resolve(dirname(file), (match[1] ?? match[2])!)))
      .filter((path) => ![room, ...allowed].includes(path.split('/')[0]!))
      .map((path) => `${relative(root, file)} imports ${path}`),
  )
  expect(wrong).toEqual([])
})

test('files stay readable: none past 300 lines', () => {
  const long = Object.keys(MAY_IMPORT)
    .flatMap((room) => sources(join(root, room)))
    .filter((file) => readFileSync(file, 'utf8').split('\n').length > 300)
  expect(long.map((file) => relative(root, file))).toEqual([])
})

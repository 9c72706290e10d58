import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { describe, expect, test } from 'vitest'

/** Which rooms each room may import: a room stands on those before it. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  common: [],
  grammar: ['common'],
  corpus: ['common', 'grammar'],
  model: ['common'],
  train: ['common', 'model'],
  analysis: ['common', 'grammar', 'corpus', 'model'],
  run: ['common', 'grammar', 'corpus', 'model', 'train', 'analysis'],
  report: ['common', 'grammar', 'corpus', 'model', 'train', 'analysis', 'run'],
  study: ['common', 'grammar', 'corpus', 'model', 'train', 'analysis', 'run', 'report'],
  cli: ['common', 'grammar', 'corpus', 'model', 'train', 'analysis', 'run', 'report', 'study'],
  vitest: ['common', 'corpus', 'analysis', 'run'],
}

/** What a page must be able to load: all of these rooms but the files named, which read and write, or load ONNX Runtime. */
const PURE = ['grammar', 'corpus', 'model', 'analysis', 'train']
const NOT_PURE =
  /^(corpus\/files\/|corpus\/index|train\/checkpoint|train\/runtime\/(node|telemetry)|train\/index)/
/** Packages that run in a page as they do in Node and draw nothing. */
const ANYWHERE = ['@bufbuild/protobuf', 'onnx-buf', 'jstat', 'seedrandom', 'zod']

const root = resolve(import.meta.dirname, '..')

const files = Object.keys(MAY_IMPORT).flatMap((room) =>
  readdirSync(join(root, room), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => join(room, name)),
)

/** What a file imports or exports on: paths of this repository, and names of packages. */
function importsOf(file: string): { own: string[]; packages: string[] } {
  // Examples in comments import the package by name.
  const text = readFileSync(join(root, file), 'utf8').replace(/^\s*\*.*$/gm, '')
  const names = [...text.matchAll(/(?:\bfrom|^import|import\()\s*'([^']+)'/gm)].map((match) => match[1]!)
  const own = names
    .filter((name) => name.startsWith('.'))
    .map((name) => relative(root, resolve(root, dirname(file), name)).replace(/\.js$/, '.ts'))
  return { own, packages: names.filter((name) => !name.startsWith('.')) }
}

const imports = new Map(files.map((file) => [file, importsOf(file)]))

test.each(Object.entries(MAY_IMPORT))('%s imports only from the rooms it may know', (room, allowed) => {
  const wrong = files
    .filter((file) => file.startsWith(`${room}/`))
    .flatMap((file) =>
      imports
        .get(file)!
        .own.filter((path) => ![room, ...allowed].includes(path.split('/')[0]!))
        .map((path) => `${file} imports ${path}`),
    )
  expect(wrong).toEqual([])
})

describe('pure rooms', () => {
  const pure = files.filter((file) => PURE.includes(file.split('/')[0]!) && !NOT_PURE.test(file))

  test('reach nothing of Node, nothing that draws and no runtime, by whatever way', () => {
    const wrong = new Set<string>()
    const seen = new Set<string>()
    const walk = (file: string, from: string) => {
      if (seen.has(file)) return
      seen.add(file)
      const { own, packages } = imports.get(file) ?? importsOf(file)
      for (const name of packages) if (!ANYWHERE.includes(name)) wrong.add(`${file} (${from}) needs ${name}`)
      for (const path of own) walk(path, from)
    }
    for (const file of pure) walk(file, file)
    expect(pure.length).toBeGreaterThan(90)
    expect([...wrong]).toEqual([])
  })

  test('name no global of Node', () => {
    const node =
      /\b(Buffer|setImmediate|__dirname|globalThis\.process|process\.(env|argv|cwd|exit|memoryUsage))\b/
    const wrong = pure.filter((file) => node.test(readFileSync(join(root, file), 'utf8')))
    expect(wrong).toEqual([])
  })
})

test('no imports run in a circle, inside a room or between rooms', () => {
  const circles: string[] = []
  const done = new Set<string>()
  const walk = (file: string, path: readonly string[]) => {
    if (path.includes(file)) circles.push([...path.slice(path.indexOf(file)), file].join(' → '))
    else if (!done.has(file)) for (const next of imports.get(file)?.own ?? []) walk(next, [...path, file])
    done.add(file)
  }
  for (const file of files) walk(file, [])
  expect(circles).toEqual([])
})

test('only the switch that makes processes asks for their kind', () => {
  const asking =
    /(process|learned|noise)\w*\??\.kind\s*[=!]==|=== '(absorbing|autoregressive)'|case '(absorbing|autoregressive)'/
  const wrong = files.filter(
    (file) => !file.startsWith('model/process') && asking.test(readFileSync(join(root, file), 'utf8')),
  )
  // The configuration's older form named its noise so, and is read there.
  expect(wrong).toEqual(['run/config.ts'])
})

test('files stay readable: none past 300 lines', () => {
  const long = files.filter((file) => readFileSync(join(root, file), 'utf8').split('\n').length > 300)
  expect(long).toEqual([])
})

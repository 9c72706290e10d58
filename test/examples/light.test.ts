import { readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import ts from 'typescript'
import { expect, test } from 'vitest'
import { root } from './collect.js'

const dist = join(root, 'dist')

/** What Node loads for an entry point of what `npm run build` made: files by way of static imports, and the packages that they name. */
function loads(entry: string): { readonly rooms: readonly string[]; readonly packages: readonly string[] } {
  const files = new Set<string>()
  const packages = new Set<string>()
  const load = (file: string): void => {
    if (files.has(file)) return
    files.add(file)
    const { statements } = ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest)
    for (const statement of statements) {
      if (!ts.isImportDeclaration(statement) && !ts.isExportDeclaration(statement)) continue
      const name = (statement.moduleSpecifier as ts.StringLiteral | undefined)?.text
      if (name?.startsWith('.')) load(resolve(dirname(file), name))
      else if (name) packages.add(name)
    }
  }
  load(join(dist, entry, 'index.js'))
  const rooms = new Set([...files].map((file) => relative(dist, file).split('/')[0]!))
  return { rooms: [...rooms].sort(), packages: [...packages].sort() }
}

/** Packages that each entry point loads, those of Node aside: a new line here is a cost that every user of the room pays. */
const LOADS = {
  grammar: ['seedrandom'],
  corpus: ['hyparquet-writer', 'seedrandom'],
  model: ['@bufbuild/protobuf', 'onnx-buf', 'seedrandom', 'zod'],
  train: ['@bufbuild/protobuf', 'onnx-buf', 'onnxruntime-node', 'seedrandom'],
  analysis: ['jstat', 'seedrandom', 'zod'],
  run: ['@bufbuild/protobuf', 'jstat', 'onnx-buf', 'onnxruntime-node', 'seedrandom', 'zod'],
  report: ['@resvg/resvg-js', 'jstat', 'vega', 'vega-lite'],
  study: [
    '@bufbuild/protobuf',
    'hyparquet-writer',
    'jstat',
    'onnx-buf',
    'onnxruntime-node',
    'seedrandom',
    'yaml',
    'zod',
  ],
  vitest: ['jstat', 'seedrandom', 'vitest', 'zod'],
}

test.each(Object.entries(LOADS))('%s loads these packages and no others', (room, packages) => {
  expect(loads(room).packages.filter((name) => !name.startsWith('node:'))).toEqual(packages)
})

test.each([
  ['grammar', ['common', 'grammar']],
  ['corpus', ['common', 'corpus', 'grammar']],
  ['model', ['common', 'model']],
  ['analysis', ['analysis', 'common', 'model']],
  ['train', ['common', 'model', 'train']],
  ['report', ['analysis', 'common', 'report']],
])('%s loads files of these rooms only', (room, rooms) => {
  expect(loads(room).rooms).toEqual(rooms)
})

test.each(['grammar', 'model', 'analysis'])('%s needs nothing of Node', (room) => {
  expect(loads(room).packages.filter((name) => name.startsWith('node:'))).toEqual([])
})

test('the whole package loads no Vitest, no DuckDB, no Transformers.js and nothing of the command line', () => {
  const { packages, rooms } = loads('.')
  expect(packages.filter((name) => /vitest|duckdb|huggingface|yargs|cli-/.test(name))).toEqual([])
  expect(rooms).not.toContain('cli')
})

import { readFileSync } from 'node:fs'
import { isBuiltin } from 'node:module'
import { dirname, join, relative, resolve } from 'node:path'
import { describe, expect, test } from 'vitest'

const root = resolve(import.meta.dirname, '../..')

/** What a file imports when it runs; imports of types are gone by then. */
function importsOf(path: string): string[] {
  const source = readFileSync(path, 'utf8')
  const statements = source.matchAll(/^(?:import|export)\s(?!type\s)[^'"`]*?from\s+'([^']+)'/gm)
  const effects = source.matchAll(/^import\s+'([^']+)'/gm)
  const dynamic = source.matchAll(/\bimport\(\s*['"`]([^'"`]+)['"`]/g)
  return [...statements, ...effects, ...dynamic].map((match) => match[1]!)
}

/** All that a module brings along: files of this project, and the names of packages and of Node's own modules. */
function reach(start: string): { readonly files: string[]; readonly packages: string[] } {
  const files = new Set<string>()
  const packages = new Set<string>()
  const visit = (path: string) => {
    if (files.has(path)) return
    files.add(path)
    for (const name of importsOf(path)) {
      if (name.startsWith('.')) visit(resolve(dirname(path), name.replace(/\.js$/, '.ts')))
      else packages.add(name)
    }
  }
  visit(join(root, start))
  return { files: [...files].map((path) => relative(root, path)).sort(), packages: [...packages].sort() }
}

const NODE = (name: string) => isBuiltin(name) || name.startsWith('onnxruntime')

describe('what trains and samples runs wherever a runtime is handed in', () => {
  const modules = [
    'train/stepper.ts',
    'train/loop.ts',
    'train/network-denoiser.ts',
    'train/batches.ts',
    'train/objective.ts',
    'train/training.ts',
    'train/artifacts/inference.ts',
    'train/runtime/runtime.ts',
    'model/index.ts',
  ]
  test.each(modules)('%s reaches no module of Node and no binding of ONNX Runtime', (module) => {
    expect(reach(module).packages.filter(NODE)).toEqual([])
  })

  test('what reads imports sees them: the runtime of Node reaches both', () => {
    const { files, packages } = reach('train/runtime/node.ts')
    expect(packages).toEqual(
      expect.arrayContaining(['node:fs', 'node:module', 'node:path', 'onnxruntime-node']),
    )
    expect(files).toEqual(expect.arrayContaining(['train/runtime/telemetry.ts', 'model/graph/encode.ts']))
    expect(reach('train/stepper.ts').files).toEqual(
      expect.arrayContaining(['train/batches.ts', 'model/graph/encode.ts', 'common/random.ts']),
    )
  })
})

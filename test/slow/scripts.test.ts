import { execFile } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { root } from '../examples/collect.js'

const directory = join(root, 'examples')
const names = existsSync(directory) ? readdirSync(directory).filter((name) => name.endsWith('.ts')) : []
const tsx = createRequire(import.meta.url).resolve('tsx/cli')

test('there are example programs, none over 30 lines', () => {
  expect(names).not.toEqual([])
  const lines = (name: string) => readFileSync(join(directory, name), 'utf8').trimEnd().split('\n').length
  expect(names.filter((name) => lines(name) > 30)).toEqual([])
})

// They import the package by its name, as its users do: what npm run build made.
test.each(names)('examples/%s runs', async (name) => {
  const cwd = mkdtempSync(join(tmpdir(), 'example-'))
  try {
    await promisify(execFile)(process.execPath, [tsx, join(directory, name)], { cwd })
  } finally {
    rmSync(cwd, { recursive: true })
  }
})

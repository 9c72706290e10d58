import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { collectExamples, examplesOf } from './collect.js'
import { instrument } from './instrument.js'
import { expectPrint } from './prints.js'

// Examples that write files write them here.
const [home, scratch] = [process.cwd(), mkdtempSync(join(tmpdir(), 'docstrings-'))]
beforeAll(() => process.chdir(scratch))
afterAll(() => {
  process.chdir(home)
  rmSync(scratch, { recursive: true })
})

let files = 0
async function run(code: string): Promise<void> {
  const file = join(scratch, `example-${files++}.ts`)
  writeFileSync(file, instrument(code))
  await import(/* @vite-ignore */ file)
}

const examples = collectExamples()

test('there are examples', () => {
  expect(examples.length).toBeGreaterThan(0)
})

test.each(examples.map(({ title, code }) => [title, code] as const))('%s', (_, code) => run(code))

describe('what an example says it prints', () => {
  test('is held against what it gives', async () => {
    await run('const x: number = 1 / 3 // → 0.333\nawait Promise.resolve([x, x]) // → [0.33, 0.3333]')
    await run(
      `console.log({ a: 'b', c: 12n }) // → {"a":"b","c":12}\nfor (const i of [2, 2])\n  i + // 1\n    1 // → 3`,
    )
  })

  test('fails where it is wrong, or where a value would go unread', async () => {
    await expect(run('const x = 1 / 3 // → 0.334')).rejects.toThrow('line 1: expected 0.334, got 0.3333')
    await expect(run(`['a', 'b'] // → ["a","c"]`)).rejects.toThrow('got ["a","b"]')
    await expect(run('const { x } = { x: 1 } // → 1')).rejects.toThrow('one variable')
    await expect(run('const f = (\n  a: number, // → 1\n) => a')).rejects.toThrow('ends no statement')
    await expect(run(`import { x } from 'pcfg-diffusion/nowhere'`)).rejects.toThrow('no entry point')
  })

  test('has the digits that it shows', () => {
    for (const [value, shown] of [
      [2.5, '2.50'],
      [1.234e-7, '1.2e-7'],
      [-0.001, '0.00'],
      [Number.NEGATIVE_INFINITY, '-Infinity'],
      [Float32Array.of(0.5, 2), '[0.5, 2]'],
      ['v=8 H=9.7', 'v=8 H=9.7'],
      [undefined, 'undefined'],
    ] as const)
      expectPrint(value, shown, 1)
    expect(() => expectPrint(3.4, '3', 1)).toThrow('expected 3, got 3.4')
    expect(() => expectPrint([1, 2], '[1]', 1)).toThrow()
  })
})

test('an example is read from its comment, under the name below it', () => {
  const comment = '/**\n * Text.\n *\n * @example\n * ```ts\n * f(\n *   1,\n * )\n * ```\n * @param x\n */\n'
  const example = { title: 'a.ts f', code: 'f(\n  1,\n)\n' }
  expect(examplesOf('a.ts', `/** No. */\n${comment}export async function f() {}`)).toEqual([example])
  expect(() => examplesOf('a.ts', '/** @example f(1) */ export const f = 1')).toThrow('without a')
})

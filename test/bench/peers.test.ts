import { describe, expect, test } from 'vitest'
import { interleaved } from '../../bench/measure.js'
import { type Curve, type Peer, startPeer } from '../../bench/peers.js'
import { problemOf } from '../../bench/problem.js'
import { assemblyOf, SIZES } from '../../bench/sizes.js'
import { trainingTable } from '../../bench/tables.js'
import { compare } from '../../bench/training.js'
import { verify } from '../../bench/verify.js'
import { nodeRuntime } from '../../train/runtime/node.js'
import { decodeSafetensors } from '../../train/safetensors.js'
import { createStepper } from '../../train/stepper.js'
import { startState } from '../../train/training.js'
import { transformer64 } from '../reference/transformer64.js'

const TRUTH: Curve = { losses: [2, 1.5, 1], norms: [0.5, 0.25, 0.125] }

/** A program that answers two steps a call, from curves that go on. */
async function verdictOf(curve: Curve) {
  const body = `let call = 0
    const curve = ${JSON.stringify(curve)}
    require('readline').createInterface({ input: process.stdin }).on('line', () => {
      const of = (values) => values.slice(2 * call, 2 * call + 2)
      console.log(JSON.stringify({ milliseconds: 1, losses: of(curve.losses), norms: of(curve.norms) }))
      call++
    })`
  return asked(startPeer(process.execPath, ['-e', body]))
}

async function asked(peer: Peer) {
  const verdict = await verify(peer, TRUTH)
  peer.stop()
  return verdict
}

describe('a peer', () => {
  test('that repeats our losses and norms up to rounding agrees', async () => {
    const { losses, norms } = TRUTH
    const verdict = await verdictOf({ losses: losses.map((x) => x * (1 + 1e-6)), norms })
    expect(verdict.kind).toBe('agrees')
    expect((verdict as { difference: number }).difference).toBeCloseTo(1e-6, 9)
  })

  test.each([
    ['another loss', { ...TRUTH, losses: [2, 1.5, 1.001] }],
    ['another norm', { ...TRUTH, norms: [0.5, 0.2501, 0.125] }],
    ['no finite loss', { ...TRUTH, losses: [2, Number.NaN, 1] }],
  ])('with %s is refused', async (_, curve) => {
    expect(await verdictOf(curve)).toMatchObject({ kind: 'refused', why: expect.stringContaining('differ') })
  })

  test('that ends is skipped, and its error is named', async () => {
    const traceback = 'Traceback:\\n  import jax\\nModuleNotFoundError: no jax\\n\\nSet VERBOSE=1 for more\\n'
    const ending = startPeer(process.execPath, ['-e', `process.stderr.write('${traceback}')`])
    expect(await asked(ending)).toEqual({ kind: 'skipped', why: 'ModuleNotFoundError: no jax' })
    const missing = startPeer('no-such-python', [])
    expect(await asked(missing)).toEqual({ kind: 'skipped', why: 'spawn no-such-python ENOENT' })
  })
})

test('rounds alternate their order after one to warm up, and only they are timed', async () => {
  const order: string[] = []
  const contestant = (name: string) => async () => order.push(name)
  const times = await interleaved(3, [contestant('a'), contestant('b')])
  expect(order.join('')).toMatch(/^(ab|ba)abbaab$/)
  expect(times).toEqual([
    [3, 6, 7],
    [4, 5, 8],
  ])
})

test('a problem file holds the batches and weights of our first steps: its loss in float64 is ours', async () => {
  const size = { ...SIZES.study!, batch: 6, steps: 2 }
  const assembly = assemblyOf(size)
  const start = startState(assembly.training, '0')
  const { file, lossRows } = problemOf(assembly, start, 1, size.steps)
  const tensors = decodeSafetensors(file, 'problem', 'problem')
  const [B, T, V] = [6, 8, 8]
  const of = (name: string) => Array.from(tensors.get(name)!.data)
  const weights = Object.fromEntries([...tensors].map(([name, { data }]) => [name, Float64Array.from(data)]))
  const rows = of('tokens').map((token, at) => ({
    token,
    target: of('targets')[at]!,
    weight: of('weights')[at]!,
  }))
  expect(rows.every(({ token, weight }) => weight > 0 === (token === V))).toBe(true)
  expect(rows.filter(({ weight }) => weight > 0).length).toBe(lossRows * rows.length)

  const strings = Array.from({ length: B }, (_, b) => rows.slice(b * T, (b + 1) * T))
  const { model } = assembly.config
  if (model.kind !== 'transformer') throw new Error('a transformer')
  const logits = transformer64(
    model,
    V,
    weights,
    strings.map((string) => string.map(({ token }) => token)),
  )
  let loss = 0
  strings.forEach((string, b) => {
    string.forEach(({ target, weight }, t) => {
      const row = logits[b]![t]!
      loss += weight * (Math.log(row.reduce((sum, x) => sum + Math.exp(x), 0)) - row[target]!)
    })
  })
  const stepper = await createStepper(assembly.training, start, nodeRuntime('cpu'))
  const ours = (await stepper.advance(1)).loss
  await stepper.release()
  expect(Math.abs(loss / ours - 1)).toBeLessThan(1e-6)
})

test('without a Python our step is timed alone; with one that lacks everything the table names what is missing', async () => {
  const size = { ...SIZES.study!, steps: 8 }
  const alone = await compare('study', size, 1, undefined)
  expect(alone.milliseconds).toBeGreaterThan(0)
  expect(alone.peers).toEqual({})
  const table = trainingTable([await compare('study', size, 1, 'no-such-python')], 1)
  expect(table).toContain('| skipped | skipped | skipped | – |')
  expect(table).toContain('- study: JAX scan skipped: spawn no-such-python ENOENT')
})

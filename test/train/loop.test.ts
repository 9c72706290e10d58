import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type LoopOptions, trainLoop } from '../../train/loop.js'
import type { Stepper } from '../../train/stepper.js'

/** A stepper that only counts, and what a loop did with it: calls as [first, last] step, and everything in its order. */
function watched(from: number, options: Partial<LoopOptions> & Pick<LoopOptions, 'halts'>) {
  const calls: [number, number][] = []
  const events: string[] = []
  let step = from
  const stepper: Stepper = {
    async advance(count) {
      calls.push([step, step + count])
      events.push(`advance ${step + count}`)
      step += count
      return { step, loss: 1, norm: 1, learningRate: 1 }
    },
    state: () => Promise.reject(new Error('a loop has no business with the state')),
    release: () => Promise.reject(new Error('a loop does not end what it was handed')),
  }
  const run = () =>
    trainLoop(stepper, from, {
      ...options,
      onRecord(record) {
        events.push(`record ${record.step}`)
        options.onRecord?.(record)
      },
      async onHalt(at) {
        events.push(`halt ${at}`)
        return (await options.onHalt?.(at)) ?? false
      },
      async breathe() {
        events.push('breathe')
        await options.breathe?.()
      },
    })
  return { run, calls, events }
}

const halts = fc
  .uniqueArray(fc.integer({ min: 1, max: 400 }), { minLength: 1, maxLength: 12 })
  .map((steps) => steps.sort((a, b) => a - b))

describe('the training loop', () => {
  test('begins its calls at multiples of 32 or at halts, and crosses neither', async () => {
    await fc.assert(
      fc.asyncProperty(halts, async (halts) => {
        const { run, calls, events } = watched(0, { halts })
        expect(await run()).toEqual({ kind: 'finished', step: halts.at(-1) })
        const stations = new Set([...halts, ...Array.from({ length: 14 }, (_, i) => 32 * i)])
        for (const [first, last] of calls) {
          const passed = [...stations].filter((station) => first <= station && station < last)
          expect(passed).toEqual([first])
        }
        expect(calls[0]![0]).toBe(0)
        expect(calls.slice(1).map(([first]) => first)).toEqual(calls.slice(0, -1).map(([, last]) => last))
        expect(events.filter((event) => event.startsWith('halt'))).toEqual(
          halts.map((halt) => `halt ${halt}`),
        )
      }),
    )
  })

  test('that goes on from a halt makes the calls that it would have made', async () => {
    await fc.assert(
      fc.asyncProperty(halts, fc.nat(), async (halts, pick) => {
        const from = halts[pick % halts.length]!
        const [whole, rest] = [watched(0, { halts }), watched(from, { halts })]
        await whole.run()
        expect(await rest.run()).toEqual({ kind: 'finished', step: halts.at(-1) })
        expect(rest.calls).toEqual(whole.calls.filter(([first]) => first >= from))
      }),
    )
  })

  test('that stands at its end, or beyond, does nothing', async () => {
    for (const from of [40, 50]) {
      const { run, events } = watched(from, { halts: [10, 40] })
      expect(await run()).toEqual({ kind: 'finished', step: from })
      expect(events).toEqual([])
    }
  })

  test('records every call before it halts, and breathes after', async () => {
    const { run, events } = watched(0, { halts: [20, 40] })
    await run()
    expect(events).toEqual([
      ...['advance 20', 'record 20', 'halt 20', 'breathe'],
      ...['advance 32', 'record 32', 'breathe'],
      ...['advance 40', 'record 40', 'halt 40', 'breathe'],
    ])
  })

  test('is interrupted after the call during which it was told to', async () => {
    const controller = new AbortController()
    const { run, calls } = watched(0, {
      halts: [10, 100],
      signal: controller.signal,
      onRecord: ({ step }) => {
        if (step === 64) controller.abort()
      },
    })
    expect(await run()).toEqual({ kind: 'interrupted', step: 64 })
    expect(calls.at(-1)).toEqual([32, 64])
  })

  test('hears an interruption that comes while it breathes', async () => {
    const controller = new AbortController()
    const { run } = watched(0, {
      halts: [100],
      signal: controller.signal,
      breathe: async () => controller.abort(),
    })
    expect(await run()).toEqual({ kind: 'interrupted', step: 32 })
  })

  test('is interrupted at a halt only after it has halted there, so that nothing is lost', async () => {
    const controller = new AbortController()
    controller.abort()
    const { run, events } = watched(0, { halts: [20, 100], signal: controller.signal })
    expect(await run()).toEqual({ kind: 'interrupted', step: 20 })
    expect(events).toContain('halt 20')
  })

  test('that is told to end in its last call has finished', async () => {
    const controller = new AbortController()
    controller.abort()
    const { run } = watched(0, { halts: [20], signal: controller.signal })
    expect(await run()).toEqual({ kind: 'finished', step: 20 })
  })

  test('stops at the halt that says so, and goes no further', async () => {
    const { run, events } = watched(0, { halts: [20, 50, 100], onHalt: async (step) => step === 50 })
    expect(await run()).toEqual({ kind: 'stopped', step: 50 })
    expect(events.at(-1)).toBe('halt 50')
  })

  test('ends with the error of a call, a record or a halt', async () => {
    const fails = () => {
      throw new Error('disk full')
    }
    await expect(watched(0, { halts: [5], onHalt: async () => fails() }).run()).rejects.toThrow('disk full')
    await expect(watched(0, { halts: [5], onRecord: fails }).run()).rejects.toThrow('disk full')
  })
})

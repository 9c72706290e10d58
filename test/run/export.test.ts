import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { env, pipeline } from '@huggingface/transformers'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { tensorsOf } from '../../model/parameters.js'
import { exportHuggingFace } from '../../run/huggingface.js'
import { createRun } from '../../run/run.js'
import { saveCheckpoint } from '../../train/checkpoint.js'
import { startState } from '../../train/training.js'

let directory: string
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'export-'))
})
afterAll(() => rmSync(directory, { recursive: true }))

test("an exported checkpoint loads offline in Transformers.js' fill-mask pipeline and predicts what we predict", async () => {
  const run = createRun(join(directory, 'run'), {
    grammar: { v: 12, m: 3, s: 2, L: 3 },
    corpus: { train: 20, test: 5 },
    model: { width: 16 },
  })
  const state = startState(run.training, 'export')
  // A head with something to say.
  for (const { spec, data } of tensorsOf(run.layout, state.parameters)) {
    if (!spec.name.startsWith('head.')) continue
    for (let i = 0; i < data.length; i++) data[i] = 8 * data[i]! + 0.1 * Math.sin(i)
  }
  saveCheckpoint(run.checkpoints, run.layout, state, run.provenance(), undefined)
  const out = join(directory, 'model')
  await exportHuggingFace(run, 0, out, ['made for a test'])

  env.allowRemoteModels = false
  const fill = await pipeline('fill-mask', out, { dtype: 'fp32' })
  const strings = [
    [3, 12, 7, 0, 11, 10, 4, 2],
    [5, 5, 1, 8, 9, 12, 0, 6],
  ]
  const denoiser = await run.denoiser(0, 'cpu')
  const ours = await denoiser.logProbabilities(Int32Array.from(strings.flat()))
  await denoiser.release()
  for (const [b, string] of strings.entries()) {
    const words = string.map((token) => (token === 12 ? '[MASK]' : String(token))).join(' ')
    const theirs = (await fill(words, { top_k: 12 })) as { token: number; score: number; token_str: string }[]
    expect(theirs.length).toBe(12)
    for (const { token, score, token_str } of theirs) {
      expect(token_str).toBe(String(token))
      expect(score).toBeCloseTo(Math.exp(ours[(b * 8 + string.indexOf(12)) * 12 + token]!), 5)
    }
  }
  const card = readFileSync(join(out, 'README.md'), 'utf8')
  expect(card).toContain(run.provenance().corpusSha256)
  expect(card).toContain('made for a test')
})

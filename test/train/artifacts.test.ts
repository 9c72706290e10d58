import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fromBinary } from '@bufbuild/protobuf'
import { ModelProtoSchema } from 'onnx-buf'
import { describe, expect, test } from 'vitest'
import { LOWERINGS } from '../../model/graph/graph.js'
import { network } from '../../model/network.js'
import { initialise, layOut } from '../../model/parameters.js'
import { MASKING } from '../../model/processes/absorbing/absorbing.js'
import { denoiseModel } from '../../train/artifacts/denoise.js'
import { evaluateModel } from '../../train/artifacts/evaluate.js'
import { inferenceModel } from '../../train/artifacts/inference.js'
import { sampleModel } from '../../train/artifacts/sample.js'
import { trainStepModel } from '../../train/artifacts/train-step.js'
import { tokenObjective } from '../../train/objective.js'

const net = network(
  { kind: 'transformer', layers: 2, width: 16, heads: 4, mlpRatio: 4 },
  { length: 8, vocabulary: 6 },
)
const layout = layOut(net.parameters, 2000)
const optimiser = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0.01, clipNorm: 1 }
const train = (lowering: keyof typeof LOWERINGS) =>
  trainStepModel({
    objective: tokenObjective(net, MASKING),
    layout,
    optimiser,
    batch: 4,
    ema: true,
    lowering: LOWERINGS[lowering],
  })
const artifacts: Record<string, Uint8Array> = {
  'train-step (cpu)': train('cpu'),
  'train-step (webgpu)': train('webgpu'),
  eval: evaluateModel(net, layout, 4, LOWERINGS.webgpu),
  sample: sampleModel(net, layout, 4, LOWERINGS.webgpu),
  denoise: denoiseModel(net, layout, 4, LOWERINGS.webgpu),
  inference: inferenceModel(net, layout, initialise(layout, '0'), 3),
}

const PYTHON = '/usr/bin/python3'
const hasChecker = spawnSync(PYTHON, ['-c', 'import onnx']).status === 0
const why = hasChecker ? '' : ' [skipped: no onnx module for /usr/bin/python3; apt-get install python3-onnx]'

describe('artifacts', () => {
  test.skipIf(!hasChecker).each(Object.entries(artifacts))(
    `%s passes the reference ONNX checker${why}`,
    (_, bytes) => {
      const directory = mkdtempSync(join(tmpdir(), 'onnx-'))
      const path = join(directory, 'model.onnx')
      writeFileSync(path, bytes)
      const check = spawnSync(
        PYTHON,
        ['-c', 'import onnx, sys; onnx.checker.check_model(sys.argv[1])', path],
        { encoding: 'utf8' },
      )
      rmSync(directory, { recursive: true })
      expect(check.stderr).toBe('')
      expect(check.status).toBe(0)
    },
  )

  test('an exported model uses standard operators only and leaves the batch free', () => {
    const model = fromBinary(ModelProtoSchema, artifacts.inference!)
    expect(model.graph!.node.every((node) => node.domain === '')).toBe(true)
    const dims = model.graph!.input[0]!.type!.value
    expect(dims.case === 'tensorType' && dims.value.shape!.dim.map((dim) => dim.value.value)).toEqual([
      'batch',
      8n,
    ])
  })

  test('the WebGPU graph binds few tensors per operator, uses no contrib operators and no Loop', () => {
    const graph = fromBinary(ModelProtoSchema, artifacts['train-step (webgpu)']!).graph!
    for (const node of graph.node) {
      expect(node.domain).toBe('')
      expect(node.opType).not.toBe('Loop')
      if (node.opType === 'Split') expect(node.output.length).toBeLessThanOrEqual(6)
      if (node.opType === 'Concat') expect(node.input.length).toBeLessThanOrEqual(6)
    }
  })

  test('names read like the network', () => {
    const body = fromBinary(ModelProtoSchema, artifacts['train-step (cpu)']!).graph!.node[0]!.attribute[0]!.g!
    const names = body.node.map((node) => node.name)
    for (const scope of [
      'step/embedding/',
      'step/block1/attention/',
      'step/block0/mlp/',
      'step/head/',
      'step/loss/',
      'gradient/step/block0/attention/',
      'step/optimiser/',
    ]) {
      expect(names.some((name) => name.startsWith(scope))).toBe(true)
    }
    expect(new Set(names).size).toBe(names.length)
  })
})

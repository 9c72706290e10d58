import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { InputError } from '../common/error.js'
import { readJson, sha256, writeFileAtomic, writeJson } from '../common/files.js'
import { type ParameterLayout, tensorsOf, zeros } from '../model/parameters.js'
import { decodeSafetensors, encodeSafetensors, type NamedTensor } from './safetensors.js'
import type { TrainState } from './training.js'

/** Which run a checkpoint belongs to. */
export interface Provenance {
  readonly configSha256: string
  readonly corpusSha256: string
}

const KINDS = ['parameters', 'first', 'second', 'average'] as const

/**
 * Writes checkpoints/step-XXXXXXXX.safetensors, then its manifest. A checkpoint without a manifest does not exist,
 * so one that was being written when the run died is simply made again.
 */
export function saveCheckpoint(
  directory: string,
  layout: ParameterLayout,
  state: TrainState,
  provenance: Provenance,
  parent: number | undefined,
): void {
  const tensors: NamedTensor[] = []
  for (const kind of KINDS) {
    const values = state[kind]
    if (!values) continue
    for (const { spec, data } of tensorsOf(layout, values))
      tensors.push({ name: `${kind}/${spec.name}`, shape: spec.shape, data })
  }
  const file = checkpointName(state.step)
  const bytes = encodeSafetensors(tensors, { format: 'pt', step: String(state.step), ...provenance })
  writeFileAtomic(join(directory, file), bytes)
  writeJson(join(directory, manifestName(state.step)), {
    kind: 'checkpoint',
    step: state.step,
    // The file that this one continued from.
    parent: parent === undefined ? null : checkpointName(parent),
    file,
    bytes: bytes.length,
    sha256: sha256(bytes),
    ...provenance,
    tensors: Object.fromEntries(tensors.map(({ name, shape }) => [name, shape])),
  })
}

/** Reads a checkpoint back. Throws InputError where it is missing, truncated, altered, or of another network. */
export function loadCheckpoint(directory: string, layout: ParameterLayout, step: number): TrainState {
  const path = join(directory, checkpointName(step))
  if (!existsSync(path)) {
    const steps = listCheckpoints(directory)
    throw new InputError(
      'step',
      step,
      steps.length > 0 ? `one of the steps kept: ${steps.join(', ')}` : 'a run with checkpoints',
    )
  }
  const manifest = readManifest(directory, step)
  if (manifest.step !== step)
    throw new InputError(
      'checkpoint',
      manifest.step,
      `step ${step} in ${join(directory, manifestName(step))}`,
    )
  const bytes = readFileSync(path)
  const tensors = decodeSafetensors(bytes, 'checkpoint', path)
  if (sha256(bytes) !== manifest.sha256)
    throw new InputError('checkpoint', path, `bytes with SHA-256 ${manifest.sha256}`)
  const collect = (kind: string): Float32Array[] => {
    const values = zeros(layout)
    for (const { spec, data } of tensorsOf(layout, values)) {
      const tensor = tensors.get(`${kind}/${spec.name}`)
      if (!tensor || tensor.shape.join() !== spec.shape.join()) {
        const expected = `a tensor ${kind}/${spec.name} of shape [${spec.shape.join(', ')}]`
        throw new InputError('checkpoint', path, expected)
      }
      data.set(tensor.data)
    }
    return values
  }
  const averaged = tensors.has(`average/${layout.specs[0]!.name}`)
  return {
    step,
    parameters: collect('parameters'),
    first: collect('first'),
    second: collect('second'),
    ...(averaged ? { average: collect('average') } : {}),
  }
}

/** Which run a checkpoint was made by. */
export function checkpointProvenance(directory: string, step: number): Provenance {
  return readManifest(directory, step)
}

function readManifest(directory: string, step: number) {
  const manifest = readJson(join(directory, manifestName(step)), 'checkpoint')
  return manifest as Provenance & { readonly step: number; readonly sha256: string }
}

/** Steps of the whole checkpoints in a folder, in order. */
export function listCheckpoints(directory: string): number[] {
  if (!existsSync(directory)) return []
  return readdirSync(directory)
    .flatMap((name) => {
      const match = /^step-(\d+)\.json$/.exec(name)
      return match && existsSync(join(directory, checkpointName(Number(match[1])))) ? [Number(match[1])] : []
    })
    .sort((a, b) => a - b)
}

function checkpointName(step: number): string {
  return `step-${String(step).padStart(8, '0')}.safetensors`
}

function manifestName(step: number): string {
  return `step-${String(step).padStart(8, '0')}.json`
}

import { InputError } from '../common/error.js'
import { type Shape, sizeOf } from '../model/graph/graph.js'

/** A float32 tensor of a safetensors file. */
export interface NamedTensor {
  readonly name: string
  readonly shape: Shape
  readonly data: Float32Array
}

const SPACE = 32

/** Encodes float32 tensors and string metadata in the safetensors format, 8-byte aligned. */
export function encodeSafetensors(
  tensors: readonly NamedTensor[],
  metadata: Readonly<Record<string, string>>,
): Uint8Array {
  const header: Record<string, unknown> = { __metadata__: metadata }
  let offset = 0
  for (const { name, shape, data } of tensors) {
    if (sizeOf(shape) !== data.length)
      throw new Error(`${name}: shape [${shape}] does not hold ${data.length} numbers`)
    header[name] = { dtype: 'F32', shape, data_offsets: [offset, offset + data.byteLength] }
    offset += data.byteLength
  }
  const text = new TextEncoder().encode(JSON.stringify(header))
  const padded = Math.ceil(text.length / 8) * 8
  const bytes = new Uint8Array(8 + padded + offset).fill(SPACE, 0, 8 + padded)
  new DataView(bytes.buffer).setBigUint64(0, BigInt(padded), true)
  bytes.set(text, 8)
  let at = 8 + padded
  for (const { data } of tensors) {
    bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at)
    at += data.byteLength
  }
  return bytes
}

/** The tensors of a safetensors file of float32 tensors, by name. Throws InputError where it is truncated or malformed. */
export function decodeSafetensors(
  bytes: Uint8Array,
  field: string,
  path: string,
): ReadonlyMap<string, NamedTensor> {
  const bad = (why: string) => new InputError(field, path, `a whole safetensors file (${why})`)
  if (bytes.length < 8) throw bad(`only ${bytes.length} bytes`)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const length = Number(view.getBigUint64(0, true))
  if (8 + length > bytes.length) throw bad('its header is cut off')
  let header: Record<string, { dtype: string; shape: number[]; data_offsets: [number, number] }>
  try {
    header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length)))
  } catch {
    throw bad('its header is not JSON')
  }
  const { __metadata__: _, ...entries } = header
  const tensors = new Map<string, NamedTensor>()
  for (const [name, { dtype, shape, data_offsets: offsets }] of Object.entries(entries)) {
    if (dtype !== 'F32') throw bad(`${name} is ${dtype}, not F32`)
    if (8 + length + offsets[1] > bytes.length) throw bad(`tensor ${name} is cut off`)
    const data = new Float32Array(
      new Uint8Array(bytes.subarray(8 + length + offsets[0], 8 + length + offsets[1])).buffer,
    )
    if (data.length !== sizeOf(shape)) throw bad(`tensor ${name} has the wrong size`)
    tensors.set(name, { name, shape, data })
  }
  return tensors
}

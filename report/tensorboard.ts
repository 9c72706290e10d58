import { join } from 'node:path'
import { MEASURE_NAMES } from '../analysis/measures/table.js'
import { columnsOf } from '../analysis/record.js'
import { writeFileAtomic } from '../common/files.js'
import type { TableRun } from './tables.js'

/** Writes a run's curves as an event file that `tensorboard --logdir` reads. Events carry their step as time: the file is a function of the run. */
export function writeEvents(directory: string, run: TableRun): void {
  const events = scalarsOf(run)
    .sort((a, b) => a.step - b.step)
    .map(({ tag, step, value }) => record(event(step, step, message(5, summaryValue(tag, value)))))
  const header = record(event(0, undefined, message(3, Buffer.from('brain.Event:2'))))
  const path = join(directory, run.summary.key, 'events.out.tfevents.0000000000.pcfg-diffusion')
  writeFileAtomic(path, Buffer.concat([header, ...events]))
}

/** Numbers by step, named as TensorBoard groups them: "group/name". */
function scalarsOf({ summary, training }: TableRun) {
  return [
    ...training().flatMap(({ step, loss, norm }) => [
      { tag: 'train/loss', step, value: loss },
      { tag: 'train/gradient norm', step, value: norm },
    ]),
    ...summary.records.flatMap((record) =>
      MEASURE_NAMES.flatMap((measure) =>
        columnsOf(record, [measure]).flatMap(({ name, value }) =>
          value === null ? [] : [{ tag: `${measure}/${name}`, step: record.step, value }],
        ),
      ),
    ),
  ]
}

/** tensorflow.Event: wall_time = 1, step = 2, file_version = 3, summary = 5. */
function event(time: number, step: number | undefined, content: Buffer): Buffer {
  const seconds = Buffer.alloc(8)
  seconds.writeDoubleLE(time)
  const numbered = step === undefined ? [] : [key(2, 0), varint(step)]
  return Buffer.concat([key(1, 1), seconds, ...numbered, content])
}

/** tensorflow.Summary with one value: tag = 1, simple_value = 2. */
function summaryValue(tag: string, value: number): Buffer {
  const single = Buffer.alloc(4)
  single.writeFloatLE(value)
  return message(1, Buffer.concat([message(1, Buffer.from(tag)), key(2, 5), single]))
}

function message(field: number, content: Buffer): Buffer {
  return Buffer.concat([key(field, 2), varint(content.length), content])
}

function key(field: number, wireType: number): Buffer {
  return varint(field * 8 + wireType)
}

function varint(value: number): Buffer {
  const bytes: number[] = []
  let rest = value
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128)
  bytes.push(rest)
  return Buffer.from(bytes)
}

/** A TFRecord: length, its checksum, data, its checksum. */
function record(data: Buffer): Buffer {
  const length = Buffer.alloc(8)
  length.writeBigUInt64LE(BigInt(data.length))
  return Buffer.concat([length, checksum(length), data, checksum(data)])
}

const TABLE = Uint32Array.from({ length: 256 }, (_, n) => {
  let c = n
  for (let k = 0; k < 8; k++) c = c & 1 ? 0x82f63b78 ^ (c >>> 1) : c >>> 1
  return c >>> 0
})

/** CRC-32C (Castagnoli). */
export function crc32c(data: Uint8Array): number {
  let c = 0xffffffff
  for (const byte of data) c = TABLE[(c ^ byte) & 255]! ^ (c >>> 8)
  return ~c >>> 0
}

/** TFRecord masks its checksums, so that data that holds checksums is not summed to a constant. */
function checksum(data: Uint8Array): Buffer {
  const c = crc32c(data)
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE((((c >>> 15) | (c << 17)) + 0xa282ead8) >>> 0)
  return bytes
}

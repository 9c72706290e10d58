import { join } from 'node:path'
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire'
import { MEASURE_NAMES } from '../analysis/measures/table.js'
import { columnsOf } from '../analysis/record.js'
import { writeFileAtomic } from '../common/files.js'
import type { TableRun } from './tables.js'

/** Writes a run's curves as an event file that `tensorboard --logdir` reads. Events carry their step as time: the file is a function of the run. */
export function writeEvents(directory: string, run: TableRun): void {
  const events = scalarsOf(run)
    .sort((a, b) => a.step - b.step)
    .map(({ tag, step, value }) =>
      record(
        event(step)
          .tag(2, WireType.Varint)
          .int64(step)
          .tag(5, WireType.LengthDelimited)
          .bytes(summary(tag, value)),
      ),
    )
  const header = record(event(0).tag(3, WireType.LengthDelimited).string('brain.Event:2'))
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

/** The beginning of a tensorflow.Event: wall_time = 1; step = 2, file_version = 3, summary = 5 may follow. */
function event(time: number): BinaryWriter {
  return new BinaryWriter().tag(1, WireType.Bit64).double(time)
}

/** tensorflow.Summary of one value = 1, with tag = 1 and simple_value = 2. */
function summary(tag: string, value: number): Uint8Array {
  return new BinaryWriter()
    .tag(1, WireType.LengthDelimited)
    .fork()
    .tag(1, WireType.LengthDelimited)
    .string(tag)
    .tag(2, WireType.Bit32)
    .float(value)
    .join()
    .finish()
}

/** A TFRecord: length, its checksum, data, its checksum. */
function record(written: BinaryWriter): Buffer {
  const data = written.finish()
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

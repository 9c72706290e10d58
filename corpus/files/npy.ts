import { InputError } from '../../common/error.js'
import { pendingFile } from '../../common/files.js'
import type { FileFormat } from './format.js'

/** A NumPy array of int32 [strings, T]; it has no place for latent levels. */
export const npy: FileFormat = {
  name: (split) => `${split}.npy`,
  open(path, { source, count, tree }) {
    if (tree) throw new InputError('tree', tree, 'false: an .npy array has no place for latent levels')
    const file = pendingFile(path)
    file.write(header(count, source.length))
    return {
      write({ strings: { tokens } }) {
        file.write(new Uint8Array(tokens.buffer, tokens.byteOffset, tokens.byteLength))
      },
      close: file.commit,
    }
  },
}

/** A version 1.0 .npy header for little-endian int32 in C order, padded to 64 bytes. */
function header(rows: number, columns: number): Uint8Array {
  const dictionary = `{'descr': '<i4', 'fortran_order': False, 'shape': (${rows}, ${columns}), }`
  const length = Math.ceil((10 + dictionary.length + 1) / 64) * 64 - 10
  const bytes = Buffer.alloc(10 + length, ' ')
  bytes.write('\x93NUMPY\x01\x00', 'latin1')
  bytes.writeUInt16LE(length, 8)
  bytes.write(dictionary, 10)
  bytes.write('\n', 9 + length)
  return bytes
}

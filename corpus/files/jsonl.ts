import { pendingFile } from '../../common/files.js'
import { type FileFormat, treeJson } from './format.js'

/** One JSON object {"id","tokens","tree"?} per line. */
export const jsonl: FileFormat = {
  name: (split) => `${split}.jsonl`,
  open(path, { source, tree }) {
    const file = pendingFile(path)
    // Looking digits up is faster than making them.
    const digits = Array.from({ length: source.vocabulary }, (_, token) => String(token))
    return {
      write(block) {
        const { tokens, count, length } = block.strings
        let lines = ''
        for (let i = 0; i < count; i++) {
          let row = digits[tokens[i * length]!]!
          for (let t = 1; t < length; t++) row += `,${digits[tokens[i * length + t]!]!}`
          const latent = tree ? `,"tree":${treeJson(block, i)}` : ''
          lines += `{"id":${block.first + i},"tokens":[${row}]${latent}}\n`
        }
        file.write(lines)
      },
      close: file.commit,
    }
  },
}

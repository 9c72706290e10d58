import { dirname } from 'node:path'
import { fileWriter, ParquetWriter } from 'hyparquet-writer'
import { makeDirectory } from '../../common/files.js'
import { row } from '../../common/strings.js'
import type { Source } from '../source.js'
import type { CorpusSpec } from '../spec.js'
import { type FileFormat, treeJson } from './format.js'

/** Rows in memory at a time. */
const ROW_GROUP = 50_000

/** A folder that Hugging Face `datasets` opens: Parquet with the columns id, text, input_ids and, where kept, tree. */
export const parquet: FileFormat = {
  name: (split) => `data/${split}-00000-of-00001.parquet`,
  open(path, { source, tree }) {
    makeDirectory(dirname(path))
    const writer = new ParquetWriter({ writer: fileWriter(path), schema: schema(tree) })
    const [id, text, ids, trees]: [number[], string[], number[][], string[]] = [[], [], [], []]
    const columnData = [
      { name: 'id', data: id },
      { name: 'text', data: text },
      { name: 'input_ids', data: ids },
      ...(tree ? [{ name: 'tree', data: trees }] : []),
    ]
    const flush = () => {
      // A promise only where the writer below is asynchronous, which `fileWriter` is not.
      writer.write({ columnData, rowGroupSize: ROW_GROUP })
      for (const { data } of columnData) data.length = 0
    }
    return {
      write(block) {
        for (let i = 0; i < block.strings.count; i++) {
          const tokens = Array.from(row(block.strings, i))
          id.push(block.first + i)
          text.push(tokens.map((token) => source.text(token)).join(' '))
          ids.push(tokens)
          if (tree) trees.push(treeJson(block, i))
          if (id.length === ROW_GROUP) flush()
        }
      },
      close() {
        flush()
        writer.finish()
      },
    }
  },
  card,
}

type Schema = ConstructorParameters<typeof ParquetWriter>[0]['schema']

function schema(tree: boolean): Schema {
  const text = { type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'REQUIRED' } as const
  return [
    { name: 'root', num_children: tree ? 4 : 3 },
    { name: 'id', type: 'INT32', repetition_type: 'REQUIRED' },
    { name: 'text', ...text },
    { name: 'input_ids', repetition_type: 'REQUIRED', num_children: 1, converted_type: 'LIST' },
    { name: 'list', repetition_type: 'REPEATED', num_children: 1 },
    { name: 'element', type: 'INT32', repetition_type: 'REQUIRED' },
    ...(tree ? [{ name: 'tree', ...text }] : []),
  ]
}

function card(source: Source, spec: CorpusSpec): string {
  return `---
configs:
- config_name: default
  data_files:
  - split: train
    path: data/train-*.parquet
  - split: test
    path: data/test-*.parquet
---
# ${source.description}

${spec.train} training and ${spec.test} test strings of ${source.length} tokens, drawn with seed \`${spec.seed}\` from what
\`grammar.json\` describes. Made by pcfg-diffusion. \`input_ids\` are tokens 0..${source.vocabulary - 1}.
`
}

import { InputError } from '../../common/error.js'
import type { CorpusBlock, Source } from '../source.js'
import type { CorpusSpec, Split } from '../spec.js'

/** A way to write a corpus: one file per split, filled block by block. */
export interface FileFormat {
  /** Where the file of a split stands in the corpus folder. */
  name(split: Split): string
  /** Opens the file of a split, making its directory. Throws InputError where it cannot be written, or cannot hold what it shall. */
  open(path: string, contents: Contents): Sink
  /** README.md of the folder, where one belongs to the format. */
  card?(source: Source, spec: CorpusSpec): string
}

/** What the file of a split will hold. */
export interface Contents {
  readonly source: Source
  /** Strings in all. */
  readonly count: number
  /** Whether strings keep their latent levels. */
  readonly tree: boolean
}

/** An open file of one split. */
export interface Sink {
  /** Appends the next block. Throws InputError where it lacks the latent levels that the file keeps. */
  write(block: CorpusBlock): void
  /** Writes what is left and closes the file. */
  close(): void
}

/** Latent levels of string i of a block as JSON, root first. Throws InputError where the source has none. */
export function treeJson(block: CorpusBlock, i: number): string {
  if (!block.tree)
    throw new InputError('tree', true, 'false: the strings of this source have no latent levels')
  return JSON.stringify(block.tree(i))
}

import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { type Clock, label, type Reading } from '../../analysis/clocks.js'
import type { RunSummary } from '../../analysis/run-summary.js'
import { readJson, readText } from '../../common/files.js'
import type { RunConfig } from '../../run/config.js'
import { grammarHash, sourceOf } from '../../run/source.js'
import { readStudy, type StudyCell } from '../../study/definition.js'
import type { Digest } from './digest.js'

/** What the committed result files of a study say. */
export interface StudyResults {
  /** Its runs with their clocks; records and phenomena are not committed. */
  readonly runs: readonly RunSummary[]
  digest(): Digest
}

/** The committed results of a project, which know who has read them. */
export interface Results {
  /** Throws where there are none of that name, or they are not of the preset's runs. */
  of(study: string): StudyResults
  /** Rows of a table in a JSON file of tables. Throws where there are none. */
  rows(file: string, table: string): readonly Readonly<Record<string, unknown>>[]
  /** Files that nobody has asked for. */
  unread(): string[]
}

const FOLDER = 'docs/results'

/** Opens docs/results; studies are those of presets/. */
export function openResults(root: string): Results {
  const read = new Set<string>()
  const opened = new Map<string, StudyResults>()
  const find = (file: string) => {
    read.add(file)
    const path = join(root, FOLDER, file)
    if (!existsSync(path)) throw new Error(`no ${FOLDER}/${file}: npm run results -- STUDYDIR writes it`)
    return path
  }
  const open = (study: string): StudyResults => {
    const rows = rowsOf(readText(find(`${study}.csv`), 'results'))
    const { cells } = readStudy(join(root, 'presets', `${study}.yaml`))
    const known = new Set(rows.map(({ run }) => run))
    if (known.size !== cells.length || cells.some(({ key }) => !known.has(key)))
      throw new Error(`${FOLDER}/${study}.csv holds other runs than presets/${study}.yaml`)
    const runs = cells.map((cell) =>
      summary(
        cell,
        rows.filter(({ run }) => run === cell.key),
      ),
    )
    return { runs, digest: () => readJson(find(`${study}.json`), 'results') as Digest }
  }
  return {
    of(study) {
      const results = opened.get(study) ?? open(study)
      opened.set(study, results)
      return results
    },
    rows(file, table) {
      const rows = (readJson(find(`${file}.json`), 'results') as Record<string, object[]>)[table]
      if (!rows?.length) throw new Error(`no rows ${table} in ${file}.json`)
      return rows as readonly Readonly<Record<string, unknown>>[]
    },
    unread: () =>
      readdirSync(join(root, FOLDER))
        .filter((file) => !read.has(file))
        .map((file) => `${FOLDER}/${file}`),
  }
}

type Line = Readonly<Record<string, string>>

/** The lines of a CSV file, by column. */
function rowsOf(text: string): Line[] {
  const [head, ...lines] = text.trimEnd().split('\n').map(fieldsOf)
  return lines.map((fields) => Object.fromEntries(head!.map((name, i) => [name, fields[i]!])))
}

function fieldsOf(line: string): string[] {
  return [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)].map(
    ([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain!,
  )
}

/** A run as its cell describes it and its lines of results.csv end it. */
function summary({ key, label, config }: StudyCell, lines: readonly Line[]): RunSummary {
  const { grammar, corpus, batch } = config as RunConfig
  const source = sourceOf(grammar)
  const hash = grammarHash(source.file)
  if (!hash.startsWith(lines[0]!.grammar!)) throw new Error(`run ${key} had another grammar than it has now`)
  return {
    key,
    label,
    grammar: hash,
    P: corpus.train,
    batch,
    parameters: Number(lines[0]!.parameters),
    source,
    records: [],
    phenomena: {},
    clocks: lines.map(readingOf),
  }
}

function readingOf({ clock, reached, steps, watched_steps }: Line): Reading {
  const at = reached === 'true' ? { kind: 'reached' as const, step: Number(steps) } : undefined
  return { clock: clockOf(clock!), at: at ?? { kind: 'censored', after: Number(watched_steps) } }
}

/** The headline clocks but those of levels. */
const CLOCKS: readonly Clock[] = [
  { kind: 'test-minimum' },
  { kind: 'train-below-floor' },
  { kind: 'memoriser-nearest' },
  { kind: 'copies', threshold: 0.25 },
  { kind: 'jensen-bound' },
]

/** The headline clock that is written so. Throws where none is. */
export function clockOf(text: string): Clock {
  const [, level] = /^τ_(\d+)$/.exec(text) ?? []
  if (level) return { kind: 'acquisition', level: Number(level), threshold: 0.5 }
  const found = CLOCKS.find((clock) => label(clock) === text)
  if (!found) throw new Error(`no clock ${text}`)
  return found
}

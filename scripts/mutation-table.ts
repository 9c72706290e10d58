/**
 * Brings docs/mutation.md up to date with Stryker's report of the last run: the scores of the files that were mutated, and their
 * survivors. Reasons that the page gives for a survivor stay with it for as long as it survives.
 */

import { resolve } from 'node:path'
import { readJson, readText, writeFileAtomic } from '../common/files.js'

interface Mutant {
  readonly replacement: string
  readonly status: string
  readonly location: Readonly<Record<'start' | 'end', { readonly line: number; readonly column: number }>>
}

interface Report {
  readonly files: Readonly<Record<string, { readonly source: string; readonly mutants: readonly Mutant[] }>>
}

const DETECTED = ['Killed', 'Timeout']
const UNDETECTED = ['Survived', 'NoCoverage']
const NO_REASON = '**no reason yet**'
const LONGEST = 90

const root = resolve(import.meta.dirname, '..')
const page = resolve(root, 'docs/mutation.md')
const reports = process.argv.slice(2)
const today = new Date().toISOString().slice(0, 10)

/** On one line, and not the whole of a long block. */
function short(code: string): string {
  const line = code.replace(/\s+/g, ' ').trim().replaceAll('`', "'")
  return line.length > LONGEST ? `${line.slice(0, LONGEST)}…` : line
}

/** A survivor in words that do not change where lines above it do. */
function written({ replacement, location: { start, end } }: Mutant, source: string): string {
  const lines = source.split('\n').slice(start.line - 1, end.line)
  const first = lines[0]!
  lines[lines.length - 1] = lines.at(-1)!.slice(0, end.column - 1)
  lines[0] = lines[0]!.slice(start.column - 1)
  return `\`${short(lines.join('\n'))}\` → \`${short(replacement)}\` in \`${short(first)}\``
}

/** The lines between two marks of the page. */
function between(text: string, mark: string): string[] {
  const [begin, end] = [text.indexOf(`<!-- ${mark} -->`), text.indexOf(`<!-- end of ${mark} -->`)]
  if (begin < 0 || end < 0) throw new Error(`${page} has no place for ${mark}`)
  return text.slice(begin, end).split('\n').slice(1)
}

let text = readText(page, 'page')
const reasons = new Map<string, string>()
const survivors = new Map<string, string[]>()
let file = ''
for (const line of between(text, 'survivors')) {
  const [, heading] = /^### (.+)$/.exec(line) ?? []
  const [, survivor, reason] = /^- (.+?`): (.+)$/.exec(line) ?? []
  if (heading) {
    file = heading
    survivors.set(file, [])
  } else if (survivor) {
    reasons.set(`${file} ${survivor}`, reason!)
    survivors.get(file)!.push(survivor)
  }
}
const scores = new Map<string, { mutants: number; survived: number; date: string }>()
for (const line of between(text, 'scores')) {
  const [, name, mutants, , survived, , , , date] = line.split('|').map((cell) => cell.trim())
  if (date && /\.ts$/.test(name!)) scores.set(name!, { mutants: +mutants!, survived: +survived!, date })
}

for (const path of reports.length > 0 ? reports : [resolve(root, '.stryker/report.json')]) {
  for (const [name, { source, mutants }] of Object.entries((readJson(path, 'report') as Report).files)) {
    const left = mutants.filter(({ status }) => UNDETECTED.includes(status))
    const detected = mutants.filter(({ status }) => DETECTED.includes(status)).length
    if (left.length + detected === 0) continue
    const before = scores.get(name)
    const now = { mutants: left.length + detected, survived: left.length, date: today }
    const same = before?.mutants === now.mutants && before.survived === now.survived
    scores.set(name, same ? before : now)
    survivors.set(
      name,
      left.map((mutant) => written(mutant, source)),
    )
  }
}

const reasonOf = (name: string, survivor: string) => reasons.get(`${name} ${survivor}`) ?? NO_REASON
const equivalent = (name: string) =>
  survivors.get(name)?.filter((survivor) => reasonOf(name, survivor).startsWith('equivalent')).length ?? 0

const percent = (part: number, whole: number) => (whole === 0 ? '—' : ((100 * part) / whole).toFixed(1))

function row(name: string, files: readonly string[], date: string): string {
  const sum = (of: (file: string) => number) => files.reduce((total, one) => total + of(one), 0)
  const mutants = sum((one) => scores.get(one)!.mutants)
  const survived = sum((one) => scores.get(one)!.survived)
  const same = sum(equivalent)
  const cells = [mutants, mutants - survived, survived, same, percent(mutants - survived, mutants)]
  return `| ${[name, ...cells, percent(mutants - survived, mutants - same), date].join(' | ')} |`
}

const names = [...scores.keys()].sort()
const roomOf = (name: string) =>
  name.startsWith('model/processes/') ? 'model/processes' : name.split('/')[0]!
const table = [
  '| | mutants | killed | survived | of these equivalent | score % | without equivalents % | date |',
  '|---|---|---|---|---|---|---|---|',
  ...[...new Set(names.map(roomOf))].flatMap((room) => {
    const files = names.filter((name) => roomOf(name) === room)
    return [row(`**${room}**`, files, ''), ...files.map((name) => row(name, [name], scores.get(name)!.date))]
  }),
]
const list = [...survivors]
  .filter(([, of]) => of.length > 0)
  .sort(([a], [b]) => (a < b ? -1 : 1))
  .flatMap(([name, of]) => [
    '',
    `### ${name}`,
    '',
    ...of.map((survivor) => `- ${survivor}: ${reasonOf(name, survivor)}`),
  ])
for (const [mark, lines] of [
  ['scores', table],
  ['survivors', list],
] as const) {
  const [begin, end] = [`<!-- ${mark} -->`, `<!-- end of ${mark} -->`]
  text = `${text.slice(0, text.indexOf(begin))}${begin}\n${lines.join('\n')}\n${text.slice(text.indexOf(end))}`
}
writeFileAtomic(page, text)

/**
 * Writes the numbers of README.md and docs/*.md from the result files in docs/results, where documents mark them (see
 * CONTRIBUTING.md). With --check nothing is written: exit status 1 and a line for everything that disagrees.
 */

import { readdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { readText, writeFileAtomic } from '../common/files.js'
import { renew } from './numbers/markers.js'
import { textOf } from './numbers/name.js'
import { openResults } from './numbers/study-results.js'

const root = resolve(import.meta.dirname, '..')
const check = process.argv[2] === '--check'
const results = openResults(root)
const documents = [
  'README.md',
  ...readdirSync(join(root, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
]

const problems = documents.flatMap((document) => {
  const path = join(root, document)
  const before = readText(path, 'document')
  const { text, disagreements, mistakes } = renew(before, (name) => textOf(results, name))
  if (!check && text !== before) writeFileAtomic(path, text)
  return [...mistakes, ...(check ? disagreements : [])].map(
    ({ line, name, problem }) => `${document}:${line}: ${name}: ${problem}`,
  )
})
problems.push(...results.unread().map((file) => `${file}: no marker reads it`))

for (const problem of problems) console.error(problem)
if (problems.length > 0) process.exitCode = 1

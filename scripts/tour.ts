/** Takes the console tour of README.md, command by command, and writes into it what they print: `npm run tour`. */

import { resolve } from 'node:path'
import { readText, writeFileAtomic } from '../common/files.js'
import { shownOf, tourOf, walk, withTour } from './tour/tour.js'

const root = resolve(import.meta.dirname, '..')
const path = resolve(root, 'README.md')
const document = readText(path, 'document')
const stops = tourOf(document)
const printed = walk(
  stops.map(({ command }) => command),
  resolve(root, 'dist/cli/main.js'),
)
const renewed = stops.map(({ command, shown }, i) => ({ command, shown: shownOf(shown, printed[i]!) }))
writeFileAtomic(path, withTour(document, renewed))

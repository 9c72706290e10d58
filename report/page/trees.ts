import type { Source } from '../../corpus/source.js'
import { COPY_COLOUR, levelColour } from '../figures/theme.js'

const COLUMN = 20
const ROW = 26
const RADIUS = 8

/** Width of a drawn string of d tokens, in pixels. */
export function treeWidth(d: number): number {
  return COLUMN * (d + 1)
}

/**
 * One string as its parse tree, as SVG: nodes whose whole subtree parses are filled in their level's colour and
 * show their symbol; the others are hollow.
 */
export function treeSvg(source: Source, tokens: readonly number[], isCopy: boolean): string {
  const levels = source.truth.levels!
  const parsed = levels.parse(tokens)
  const { depth: L, branching: s } = levels
  const x = (level: number, node: number) => COLUMN * (s ** level * (node + 0.5) + 0.5)
  const y = (level: number) => ROW * (L - level) + RADIUS + 4
  const edges: string[] = []
  const nodes: string[] = []
  for (let level = L; level >= 0; level--) {
    for (let node = 0; node < levels.nodes(level); node++) {
      const symbol = parsed[level]![node]!
      const valid = symbol >= 0
      if (level < L) {
        const parent = Math.floor(node / s)
        const whole = parsed[level + 1]![parent]! >= 0
        edges.push(
          `<line x1="${x(level, node)}" y1="${y(level)}" x2="${x(level + 1, parent)}" y2="${y(level + 1)}" stroke="${whole ? '#777' : '#ddd'}"/>`,
        )
      }
      const colour = level === 0 ? '#555' : levelColour(level)
      const text = valid ? symbol : level === 0 ? tokens[node] : ''
      nodes.push(
        level === 0
          ? `<text x="${x(0, node)}" y="${y(0) + 4}" text-anchor="middle" font-size="11" fill="#222">${text}</text>`
          : `<circle cx="${x(level, node)}" cy="${y(level)}" r="${RADIUS}" fill="${valid ? colour : 'white'}" stroke="${valid ? colour : '#ccc'}"/>` +
              `<text x="${x(level, node)}" y="${y(level) + 3.5}" text-anchor="middle" font-size="9" fill="white">${text}</text>`,
      )
    }
  }
  const width = treeWidth(source.length)
  const height = ROW * L + 2 * RADIUS + 10
  const frame = isCopy
    ? `<rect x="1" y="1" width="${width - 2}" height="${height - 2}" rx="5" fill="none" stroke="${COPY_COLOUR}" stroke-width="2"/>`
    : ''
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="DejaVu Sans, sans-serif">${frame}${edges.join('')}${nodes.join('')}</svg>`
}

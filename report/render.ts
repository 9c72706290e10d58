import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { Resvg } from '@resvg/resvg-js'
import * as vega from 'vega'
import { compile, type TopLevelSpec } from 'vega-lite'
import { jsonText, writeFileAtomic } from '../common/files.js'
import type { Spec } from './figures/theme.js'

const fonts = join(dirname(createRequire(import.meta.url).resolve('dejavu-fonts-ttf/package.json')), 'ttf')

/**
 * A specification as SVG text; the same specification gives the same bytes.
 *
 * @example
 * ```ts
 * import { toSvg } from 'pcfg-diffusion/report'
 *
 * const values = [1, 10, 100].map((P) => ({ P, steps: 20 * P }))
 * const encoding = { x: { field: 'P', type: 'quantitative' }, y: { field: 'steps', type: 'quantitative' } }
 * const svg = await toSvg({ data: { values }, mark: 'point', encoding })
 * svg.startsWith('<svg') // → true
 * ```
 */
export async function toSvg(spec: Spec): Promise<string> {
  ;(vega as unknown as { resetSVGDefIds?: () => void }).resetSVGDefIds?.()
  const view = new vega.View(vega.parse(compile(spec as unknown as TopLevelSpec).spec), { renderer: 'none' })
  const svg = await view.toSVG()
  view.finalize()
  return svg
}

/** SVG text as PNG bytes at twice its size, with the project's own font. */
export function toPng(svg: string): Uint8Array {
  const font = { loadSystemFonts: false, fontDirs: [fonts], defaultFontFamily: 'DejaVu Sans' }
  return new Resvg(svg, { background: 'white', fitTo: { mode: 'zoom', value: 2 }, font }).render().asPng()
}

/** Writes one figure three ways: NAME.vl.json, NAME.svg, NAME.png. Returns the SVG. */
export async function writeFigure(directory: string, name: string, spec: Spec): Promise<string> {
  const svg = await toSvg(spec)
  writeFileAtomic(join(directory, `${name}.vl.json`), jsonText(spec))
  writeFileAtomic(join(directory, `${name}.svg`), svg)
  writeFileAtomic(join(directory, `${name}.png`), toPng(svg))
  return svg
}

/** Everything that is drawn: figures as Vega-Lite specifications, as pictures, as a page. */

export type { Figure, FigureNeed, FigureOptions } from './figures/figure.js'
export { type FigureName, figures } from './figures/table.js'
export type { Spec } from './figures/theme.js'
export { type PageInput, type PageOptions, writePage } from './page/page.js'
export { toPng, toSvg } from './render.js'
export type { Field, Row } from './rows.js'

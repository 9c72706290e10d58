/** Text made safe inside HTML. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"]/g, (c) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[c]!)
}

/** A table; cells are HTML. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const cells = (row: readonly string[], tag: string) =>
    row.map((cell) => `<${tag}>${cell}</${tag}>`).join('')
  return `<div class="table"><table><thead><tr>${cells(head, 'th')}</tr></thead><tbody>${rows.map((row) => `<tr>${cells(row, 'td')}</tr>`).join('\n')}</tbody></table></div>`
}

/**
 * The frame of the report: one file that needs nothing else.
 *
 * @param refresh seconds after which it loads itself again, default never
 */
export function page(title: string, body: string, refresh?: number): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
${refresh === undefined ? '' : `<meta http-equiv="refresh" content="${refresh}">\n`}<title>${escapeHtml(title)}</title>
<style>
body { font: 15px/1.5 system-ui, "DejaVu Sans", sans-serif; color: #222; max-width: 1240px; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.6rem; margin-bottom: .2rem } h2 { margin-top: 2.4rem; font-size: 1.2rem; border-bottom: 1px solid #ddd; padding-bottom: .2rem }
.lead { color: #555; max-width: 56rem } figure { margin: 1rem 0; overflow-x: auto } figcaption { color: #555; font-size: .9rem; max-width: 56rem }
figure svg { max-width: 100%; height: auto }
table { border-collapse: collapse; font-size: .86rem; font-variant-numeric: tabular-nums; margin: .6rem 0 }
th, td { padding: .25rem .6rem; text-align: right; border-bottom: 1px solid #eee } th { color: #555; font-weight: 600 }
td { white-space: nowrap } .table { overflow-x: auto } th:first-child, td:first-child { text-align: left } td .censored { color: #999 }
.trees { display: grid; grid-template-columns: 6.5rem 1fr; gap: .2rem .8rem; align-items: center; border-top: 1px solid #eee; padding: .3rem 0 }
.trees .strings { display: flex; flex-wrap: wrap; gap: .8rem } .step { color: #555; font-size: .86rem }
code { background: #f5f5f5; padding: .1rem .3rem; border-radius: 3px }
</style>
</head>
<body>
${body}
</body>
</html>
`
}

/** A share in per cent; undefined where there is none. */
export function percent(share: number | undefined): string | undefined {
  return share === undefined ? undefined : `${(100 * share).toFixed(1)} %`
}

/** "τ_1" as HTML. */
export function subscript(name: string): string {
  const [letter, index] = name.split('_')
  return index === undefined ? letter! : `${letter}<sub>${index}</sub>`
}

/** A titled part of the page. */
export function section(title: string, content: string): string {
  return `<section><h2>${title}</h2>${content}</section>`
}

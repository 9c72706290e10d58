/**
 * Marked text of a document: `<!--= NAME -->text<!--/-->` inside a line, or the two comments on lines of their own around a table.
 * Markdown shows what stands between them and nothing else.
 */

const MARKER = /<!--= (.*?) -->(.*?)<!--\/-->/gs
const OPENING = '<!--='

/** What is wrong with a marker, and where. */
export interface Fault {
  /** Counted from 1. */
  readonly line: number
  readonly name: string
  readonly problem: string
}

export interface Renewed {
  /** The document with every marked text as it should be. */
  readonly text: string
  /** Marked texts that were not. */
  readonly disagreements: readonly Fault[]
  /** Markers that cannot be what they mean to be; their text is left. */
  readonly mistakes: readonly Fault[]
}

/**
 * Rewrites what is marked in a document.
 *
 * @param textOf what should stand under a name; throws where there is no such name
 */
export function renew(document: string, textOf: (name: string) => string): Renewed {
  const disagreements: Fault[] = []
  const mistakes: Fault[] = []
  const text = document.replace(MARKER, (whole, name: string, marked: string, at: number) => {
    const line = lineAt(document, at)
    const block = marked.startsWith('\n')
    const mistake = mistakeOf(document, at, marked, block)
    if (mistake) {
      mistakes.push({ line, name, problem: mistake })
      return whole
    }
    let value: string
    try {
      value = textOf(name)
    } catch (error) {
      mistakes.push({ line, name, problem: (error as Error).message })
      return whole
    }
    const should = block ? `\n${value}\n` : value
    if (should !== marked) disagreements.push({ name, ...difference(marked, should, line) })
    return `${OPENING} ${name} -->${should}<!--/-->`
  })
  const unread = text.replace(MARKER, (whole) => whole.replace(/[^\n]/g, ' '))
  for (const { index } of unread.matchAll(/<!--(=|\/)/g))
    mistakes.push({
      line: lineAt(text, index),
      name: '?',
      problem: 'one half of a marker: <!--= NAME -->…<!--/-->',
    })
  return { text, disagreements, mistakes }
}

function lineAt(text: string, at: number): number {
  return text.slice(0, at).split('\n').length
}

function mistakeOf(document: string, at: number, marked: string, block: boolean): string | undefined {
  if (marked.includes(OPENING)) return 'another marker begins before this one ends'
  // A comment at the start of a line makes Markdown read the whole line as HTML.
  const begins = /(^|\n)[ \t]*([-*+>] +)?$/.test(document.slice(0, at))
  if (begins && !block) return 'begins a line, which Markdown then reads as HTML: a word before it'
  if (!begins && block) return 'a marked table begins inside a line'
  return undefined
}

/** The first line in which two texts differ. */
function difference(stands: string, should: string, line: number): Omit<Fault, 'name'> {
  const [old, renewed] = [stands.split('\n'), should.split('\n')]
  const at = renewed.findIndex((text, i) => text !== old[i])
  const first = at < 0 ? renewed.length : at
  const shown = (text: string | undefined) => (text === undefined ? 'nothing' : `"${text}"`)
  return { line: line + first, problem: `${shown(old[first])} should be ${shown(renewed[first])}` }
}

import { MultiBar, Presets, type SingleBar } from 'cli-progress'
import { clockTime, say } from './output.js'

/** Says how much of something is done. On a terminal it is a bar, elsewhere a plain line every few seconds. */
export type Progress = (done: number, note: string) => void

/** Several lines of progress at once. */
export interface ProgressBoard {
  line(name: string, total: number): Progress
  /** The same without a bar. */
  note(name: string, total: number): Progress
  /** A line that stays above the others. */
  say(text: string): void
  stop(): void
}

const PLAIN_EVERY_MS = 10_000

/** A board on stderr; silent where `quiet`. */
export function progressBoard(quiet: boolean): ProgressBoard {
  if (quiet) return { line: () => () => {}, note: () => () => {}, say: () => {}, stop: () => {} }
  return process.stderr.isTTY ? barBoard() : plainBoard()
}

const BAR = '{name} {bar} {percentage}% {note}'
const NOTE = '{name} {percentage}% {note}'

function barBoard(): ProgressBoard {
  const board = new MultiBar(
    { stream: process.stderr, hideCursor: true, clearOnComplete: false, barsize: 24 },
    Presets.shades_classic,
  )
  const line =
    (format: string) =>
    (name: string, total: number): Progress => {
      const bar: SingleBar = board.create(total, 0, { name: name.padEnd(24), note: '' }, { format })
      const started = Date.now()
      return (done, note) => bar.update(done, { note: `${note}  ETA ${eta(started, done, total)}` })
    }
  return {
    line: line(BAR),
    note: line(NOTE),
    say: (text) => board.log(`${text}\n`),
    stop: () => board.stop(),
  }
}

function plainBoard(): ProgressBoard {
  const line = (name: string, total: number): Progress => {
    const started = Date.now()
    let last = started
    return (done, note) => {
      const now = Date.now()
      if (done < total && now - last < PLAIN_EVERY_MS) return
      last = now
      say(`${name}  ${((100 * done) / total).toFixed(0)}%  ${note}  ETA ${eta(started, done, total)}`)
    }
  }
  return { line, note: line, say, stop: () => {} }
}

function eta(started: number, done: number, total: number): string {
  return clockTime(done > 0 ? (((Date.now() - started) / 1000) * (total - done)) / done : Number.NaN)
}

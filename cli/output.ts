/** Writes one line of data to stdout. */
export function printLine(text: string): void {
  process.stdout.write(`${text}\n`)
}

/** Writes a JSON value as one line of data. BigInts become strings. */
export function printJson(value: unknown): void {
  printLine(JSON.stringify(value, (_, item) => (typeof item === 'bigint' ? item.toString() : item)))
}

/** Says something to the person watching: stderr, so that stdout stays data. */
export function say(text: string): void {
  process.stderr.write(`${text}\n`)
}

export function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`
}

/** Seconds as 1:05 or 2:03:04. */
export function clockTime(seconds: number): string {
  if (!Number.isFinite(seconds)) return '–:––'
  const whole = Math.max(0, Math.round(seconds))
  const parts = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60]
  const shown = parts[0] ? parts : parts.slice(1)
  return shown.map((part, i) => (i === 0 ? String(part) : String(part).padStart(2, '0'))).join(':')
}

/** Aborts on the first Ctrl-C or termination, so that work ends in a resumable state; the second one kills. */
export function interruptible(): AbortSignal {
  const controller = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => controller.abort())
  }
  return controller.signal
}

/** Exit status after an interruption, as shells expect it. */
export const INTERRUPTED = 130

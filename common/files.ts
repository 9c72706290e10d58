import { createHash, randomBytes } from 'node:crypto'
import {
  closeSync,
  createReadStream,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs'
import { dirname } from 'node:path'
import { InputError } from './error.js'

/** Lower-case hexadecimal SHA-256. */
export function sha256(data: string | Uint8Array): string {
  return createHash('sha256').update(data).digest('hex')
}

/** SHA-256 of a file of any size. */
export async function sha256File(path: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer)
  return hash.digest('hex')
}

/** A file that is being written beside its final name; nobody sees it until `commit`. */
export interface PendingFile {
  write(chunk: string | Uint8Array): void
  /** Flush to disk, then rename over the final name. */
  commit(): void
  /** Forget the file; the final name is untouched. */
  abort(): void
}

/** Opens a temporary file beside `path`, making its directory. Throws InputError where it cannot be written. */
export function pendingFile(path: string): PendingFile {
  const temporary = `${path}.${process.pid}.${randomBytes(4).toString('hex')}.tmp`
  let descriptor: number
  try {
    mkdirSync(dirname(path), { recursive: true })
    descriptor = openSync(temporary, 'wx')
  } catch (error) {
    throw unwritable(path, error)
  }
  const abort = () => {
    closeSync(descriptor)
    rmSync(temporary, { force: true })
  }
  return {
    write(chunk) {
      const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk
      try {
        for (let sent = 0; sent < bytes.length; ) sent += writeSync(descriptor, bytes, sent)
      } catch (error) {
        abort()
        throw error
      }
    },
    commit() {
      fsyncSync(descriptor)
      closeSync(descriptor)
      try {
        renameSync(temporary, path)
      } catch (error) {
        rmSync(temporary, { force: true })
        throw unwritable(path, error)
      }
    },
    abort,
  }
}

/** For writers that open files themselves: `fill` writes a temporary file beside `path`, which is renamed once it is whole. */
export async function fillFile(path: string, fill: (temporary: string) => Promise<void>): Promise<void> {
  const temporary = `${path}.${process.pid}.${randomBytes(4).toString('hex')}.tmp`
  try {
    await fill(temporary)
    renameSync(temporary, path)
  } catch (error) {
    rmSync(temporary, { force: true })
    throw error
  }
}

/** Writes a whole file or nothing: temporary file, fsync, rename. */
export function writeFileAtomic(path: string, data: string | Uint8Array): void {
  const file = pendingFile(path)
  file.write(data)
  file.commit()
}

/** JSON as it stands in files: indented, with a final newline. */
export function jsonText(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`
}

/** Writes JSON atomically. */
export function writeJson(path: string, value: unknown): void {
  writeFileAtomic(path, jsonText(value))
}

/** Writes one JSON value per line, atomically. */
export function writeJsonLines(path: string, values: readonly unknown[]): void {
  writeFileAtomic(path, values.map((value) => `${JSON.stringify(value)}\n`).join(''))
}

/** Reads one JSON value per line; nothing where the file does not exist. Throws InputError naming a line that is none. */
export function readJsonLines(path: string): unknown[] {
  if (!existsSync(path)) return []
  return readText(path, 'file')
    .split('\n')
    .flatMap((line, i) => {
      if (line.trim() === '') return []
      try {
        return [JSON.parse(line) as unknown]
      } catch {
        throw new InputError(`${path}:${i + 1}`, line, 'a line of JSON')
      }
    })
}

/** Reads a text file; InputError names the field where it is missing. */
export function readText(path: string, field: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    const reason =
      (error as NodeJS.ErrnoException).code === 'EISDIR' ? 'a file, not a directory' : 'a readable file'
    throw new InputError(field, path, reason)
  }
}

/** Reads a JSON file; InputError names the field where it is missing or malformed. */
export function readJson(path: string, field: string): unknown {
  const text = readText(path, field)
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new InputError(field, path, `valid JSON (${(error as Error).message})`)
  }
}

/** The same, or undefined where there is no such file. */
export function readJsonIfAny(path: string, field: string): unknown {
  return existsSync(path) ? readJson(path, field) : undefined
}

/**
 * Makes a folder that appears whole under its name or not at all: `fill` writes into a temporary folder beside it.
 * Throws InputError where the folder exists already or cannot be written.
 */
export async function writeFolder<Result>(
  directory: string,
  fill: (pending: string) => Result | Promise<Result>,
): Promise<Result> {
  if (existsSync(directory)) throw new InputError('out', directory, 'a folder that does not exist yet')
  const pending = `${directory}.${process.pid}.tmp`
  makeDirectory(pending, directory)
  try {
    const result = await fill(pending)
    renameSync(pending, directory)
    return result
  } catch (error) {
    rmSync(pending, { recursive: true, force: true })
    throw error
  }
}

/** Makes a directory and those above it. InputError names what was asked for where it cannot be written. */
export function makeDirectory(path: string, asked = path): void {
  try {
    mkdirSync(path, { recursive: true })
  } catch (error) {
    throw unwritable(asked, error)
  }
}

function unwritable(path: string, error: unknown): InputError {
  const { code } = error as NodeJS.ErrnoException
  return new InputError('out', path, `a place that can be written (${code ?? (error as Error).message})`)
}

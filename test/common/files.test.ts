import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { InputError } from '../../common/error.js'
import {
  fillFile,
  jsonText,
  makeDirectory,
  pendingFile,
  readJson,
  readJsonIfAny,
  readJsonLines,
  readText,
  sha256,
  sha256File,
  writeFileAtomic,
  writeFolder,
  writeJson,
  writeJsonLines,
} from '../../common/files.js'

let directory: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'files-'))
})
afterEach(() => rmSync(directory, { recursive: true }))
const at = (...names: string[]) => join(directory, ...names)
const content = (...names: string[]) => readFileSync(at(...names), 'utf8')
/** What is refused: its field, its value and what would be right. */
const refused = (act: () => unknown) => {
  try {
    act()
  } catch (error) {
    expect(error).toBeInstanceOf(InputError)
    const { field, value, expected } = error as InputError
    return { field, value, expected }
  }
  return undefined
}

test('SHA-256 of text, bytes and files is that of FIPS 180', async () => {
  const abc = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'
  expect(sha256('abc')).toBe(abc)
  expect(sha256(Uint8Array.of(97, 98, 99))).toBe(abc)
  // A million times the letter a: more than is read at once.
  writeFileSync(at('million'), 'a'.repeat(1e6))
  expect(await sha256File(at('million'))).toBe(
    'cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0',
  )
})

describe('a pending file', () => {
  test('is seen under its name once it is committed, whole, in a folder that is made for it', () => {
    const file = pendingFile(at('new', 'folder', 'file'))
    file.write('début, ')
    file.write(Uint8Array.of(102, 105, 110))
    expect(readdirSync(at('new', 'folder'))).toHaveLength(1)
    expect(existsSync(at('new', 'folder', 'file'))).toBe(false)
    file.commit()
    expect(readdirSync(at('new', 'folder'))).toEqual(['file'])
    expect(content('new', 'folder', 'file')).toBe('début, fin')
  })

  test('that is given up, or whose writing fails, leaves nothing new behind', () => {
    writeFileAtomic(at('file'), 'old')
    const given = pendingFile(at('file'))
    given.write('new')
    given.abort()
    // What is no bytes cannot be written, as on a full disk.
    expect(() => pendingFile(at('file')).write({ length: 1 } as never)).toThrow()
    expect(readdirSync(directory)).toEqual(['file'])
    expect(content('file')).toBe('old')
  })

  test('has a temporary name of its own, and ends with it', () => {
    const [one, two] = [pendingFile(at('file')), pendingFile(at('file'))]
    for (const name of readdirSync(directory)) expect(name).toMatch(/^file\.\d+\.[0-9a-f]{8}\.tmp$/)
    one.commit()
    two.abort()
    expect(readdirSync(directory)).toEqual(['file'])
  })
})

test('what cannot be written is refused by the name that was asked for, with the reason of the system', async () => {
  writeFileSync(at('file'), '')
  // A file is no folder; an old reason of systems for that is EEXIST.
  const reason = expect.stringMatching(/\(E(NOTDIR|EXIST)\)/)
  const below = at('file', 'below')
  expect(refused(() => pendingFile(at('file', 'below', 'x')))).toEqual({
    field: 'out',
    value: at('file', 'below', 'x'),
    expected: reason,
  })
  expect(refused(() => makeDirectory(below))).toEqual({ field: 'out', value: below, expected: reason })
  await expect(writeFolder(below, () => 1)).rejects.toMatchObject({
    field: 'out',
    value: below,
    expected: reason,
  })
  // An error without a code has a message.
  expect(refused(() => makeDirectory(at('a\0b')))?.expected).toMatch(/ERR_INVALID_ARG_VALUE/)
})

describe('a file that others fill', () => {
  test('appears once it is whole', async () => {
    await fillFile(at('file'), async (temporary) => {
      expect(temporary).toMatch(/^.*file\.\d+\.[0-9a-f]{8}\.tmp$/)
      writeFileSync(temporary, 'whole')
      expect(existsSync(at('file'))).toBe(false)
    })
    expect(readdirSync(directory)).toEqual(['file'])
    expect(content('file')).toBe('whole')
  })

  test('or not at all', async () => {
    const fill = fillFile(at('file'), async (temporary) => {
      writeFileSync(temporary, 'half')
      throw new Error('no more')
    })
    await expect(fill).rejects.toThrow('no more')
    await expect(fillFile(at('file'), () => Promise.reject(new Error('nothing')))).rejects.toThrow('nothing')
    expect(readdirSync(directory)).toEqual([])
  })
})

describe('a folder', () => {
  test('appears whole, and what fills it says the result', async () => {
    const result = await writeFolder(at('above', 'folder'), async (pending) => {
      writeFileSync(join(pending, 'file'), 'x')
      expect(existsSync(at('above', 'folder'))).toBe(false)
      return 7
    })
    expect(result).toBe(7)
    expect(readdirSync(at('above'))).toEqual(['folder'])
    expect(readdirSync(at('above', 'folder'))).toEqual(['file'])
  })

  test('that cannot be filled does not', async () => {
    const fill = writeFolder(at('folder'), (pending) => {
      writeFileSync(join(pending, 'file'), 'x')
      throw new Error('no more')
    })
    await expect(fill).rejects.toThrow('no more')
    expect(readdirSync(directory)).toEqual([])
  })

  test('that exists is left alone', async () => {
    mkdirSync(at('folder'))
    await expect(writeFolder(at('folder'), () => 1)).rejects.toMatchObject({
      field: 'out',
      value: at('folder'),
      expected: expect.stringContaining('not exist'),
    })
    expect(readdirSync(at('folder'))).toEqual([])
  })
})

describe('JSON', () => {
  const value = { a: [1, 'x'], b: { c: null } }

  test('is indented by two spaces, with a final newline', () => {
    expect(jsonText({ a: [1] })).toBe('{\n  "a": [\n    1\n  ]\n}\n')
    writeJson(at('file'), value)
    expect(content('file')).toBe(jsonText(value))
    expect(readJson(at('file'), 'field')).toEqual(value)
  })

  test('that may be missing is undefined where it is', () => {
    expect(readJsonIfAny(at('none'), 'field')).toBeUndefined()
    writeJson(at('file'), value)
    expect(readJsonIfAny(at('file'), 'field')).toEqual(value)
  })

  test('that is none is refused under its field', () => {
    writeFileSync(at('file'), '{')
    expect(refused(() => readJson(at('file'), 'field'))).toEqual({
      field: 'field',
      value: at('file'),
      expected: expect.stringContaining('JSON'),
    })
  })

  test('of one value per line comes back, empty lines left out', () => {
    writeJsonLines(at('lines'), [1, value, 'two\nlines'])
    expect(content('lines')).toBe(`1\n${JSON.stringify(value)}\n"two\\nlines"\n`)
    expect(readJsonLines(at('lines'))).toEqual([1, value, 'two\nlines'])
    writeFileSync(at('lines'), '\n1\n  \n2')
    expect(readJsonLines(at('lines'))).toEqual([1, 2])
    expect(readJsonLines(at('none'))).toEqual([])
  })

  test('of one value per line is refused by the number of the line', () => {
    writeFileSync(at('lines'), '1\n\n2}\n')
    expect(refused(() => readJsonLines(at('lines')))).toEqual({
      field: `${at('lines')}:3`,
      value: '2}',
      expected: expect.stringContaining('JSON'),
    })
    expect(refused(() => readJsonLines(directory))?.field).toBe('file')
  })
})

test('a text is UTF-8; a missing one and a directory are refused under the field', () => {
  writeFileSync(at('text'), Uint8Array.of(0xce, 0xb1))
  expect(readText(at('text'), 'field')).toBe('α')
  const missing = refused(() => readText(at('none'), 'field'))
  expect(missing).toEqual({ field: 'field', value: at('none'), expected: 'a readable file' })
  expect(refused(() => readText(directory, 'field'))).toEqual({
    field: 'field',
    value: directory,
    expected: 'a file, not a directory',
  })
})

test('a file that cannot take the place of a directory is refused and leaves nothing', () => {
  const place = mkdtempSync(join(tmpdir(), 'files-'))
  mkdirSync(join(place, 'taken'))
  expect(() => writeFileAtomic(join(place, 'taken'), 'text')).toThrow(
    /expected a place that can be written \(EISDIR\)/,
  )
  expect(readdirSync(place)).toEqual(['taken'])
  rmSync(place, { recursive: true })
})

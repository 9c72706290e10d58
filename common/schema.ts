import type { z } from 'zod'
import { InputError } from './error.js'

/** Checks an untrusted value against a schema; the first problem becomes an InputError that names its field. */
export function parseWith<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
  field: string,
): z.output<Schema> {
  const result = schema.safeParse(value, { reportInput: true })
  if (result.success) return result.data
  const { path, found, expected } = describe(deepest(result.error.issues[0]!), value)
  throw new InputError([field, ...path].join('.'), found, expected)
}

type Issue = z.core.$ZodIssue

/** Inside a union, the branch that got furthest says what is wrong. */
function deepest(issue: Issue): Issue {
  if (issue.code !== 'invalid_union') return issue
  const branches = issue.errors.flatMap((branch) =>
    branch.slice(0, 1).map((inner) => ({ branch, inner: deepest(inner) })),
  )
  const best = branches.sort(
    (a, b) => b.inner.path.length - a.inner.path.length || a.branch.length - b.branch.length,
  )[0]
  return best ? { ...best.inner, path: [...issue.path, ...best.inner.path] } : issue
}

function describe(issue: Issue, value: unknown) {
  const [key] = issue.code === 'unrecognized_keys' ? issue.keys : []
  const path = key === undefined ? issue.path : [...issue.path, key]
  const at = (start: unknown, steps: readonly PropertyKey[]) =>
    steps.reduce<unknown>(
      (object, step) => (object as Record<PropertyKey, unknown> | undefined)?.[step],
      start,
    )
  // What a schema rewrites before it checks no longer stands where it was written.
  const found = at(value, path) ?? at(issue.input, path.slice(-1)) ?? issue.input
  return { path: path.map(String), found, expected: expectation(issue) }
}

function expectation(issue: Issue): string {
  switch (issue.code) {
    case 'invalid_type':
      return `a${/^[aeiou]/.test(issue.expected) ? 'n' : ''} ${issue.expected === 'int' ? 'integer' : issue.expected}`
    case 'too_small':
      return `${issue.inclusive ? 'at least' : 'more than'} ${issue.minimum}${issue.origin === 'string' ? ' character' : ''}`
    case 'too_big':
      return `${issue.inclusive ? 'at most' : 'less than'} ${issue.maximum}`
    case 'invalid_value':
      return `one of ${issue.values.map(String).join(', ')}`
    case 'unrecognized_keys':
      return 'no such field: nothing reads it'
    case 'invalid_union':
      return 'options' in issue && Array.isArray(issue.options)
        ? `one of ${issue.options.join(', ')}`
        : 'one of the forms in the schema'
    default:
      return issue.message
  }
}

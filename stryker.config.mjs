/** Mutation testing of the pure rooms: `npm run mutate -- FILES…`, docs/mutation.md. */

/** A text that people read: a description of a schema's field, or what an error says. No test pins its wording. */
function isProse(path) {
  if (path.listKey !== 'arguments' || !(path.isStringLiteral() || path.isTemplateLiteral())) return false
  const { type, callee } = path.parent
  if (type === 'NewExpression') return /Error$/.test(callee.name ?? '')
  return type === 'CallExpression' && callee.property?.name === 'describe'
}

export const strykerPlugins = [
  {
    kind: 'Ignore',
    name: 'prose',
    value: { shouldIgnore: (path) => (isProse(path) ? 'words for people' : undefined) },
  },
]

export default {
  testRunner: 'vitest',
  plugins: ['@stryker-mutator/vitest-runner', import.meta.url],
  ignorers: ['prose'],
  // Which tests see a mutant is known from the first run; walking through imports before every later one costs a second.
  vitest: { configFile: 'vitest.mutation.config.ts', related: false },
  coverageAnalysis: 'perTest',
  // Mutants of what is computed once, when a module loads, would each need a fresh process and all tests.
  ignoreStatic: true,
  incremental: true,
  incrementalFile: '.stryker/incremental.json',
  tempDirName: '.stryker/sandbox',
  reporters: ['progress-append-only', 'clear-text', 'json'],
  jsonReporter: { fileName: '.stryker/report.json' },
  clearTextReporter: { reportTests: false, allowColor: false, logTests: false },
  ignorePatterns: ['dist', 'docs', 'runs', 'studies', 'presets', 'examples', '.gpu', '.git'],
  // Tests run without type checks as it is.
  disableTypeChecks: false,
  concurrency: 1,
  // Far from any real duration: a busy machine is no killed mutant.
  timeoutMS: 20_000,
  timeoutFactor: 4,
  allowEmpty: true,
}

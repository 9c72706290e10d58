import { beforeEach, inject } from 'vitest'

/** What Stryker tells the process that runs tests. */
const told = inject as unknown as (name: string) => string | undefined

// Stryker turns a mutant on when the first test begins, and never off: in a process that goes on to the next mutant, what stands
// outside of tests would be computed with the one before.
const namespace = (globalThis as unknown as Record<string, { activeMutant: string | undefined }>)[
  told('globalNamespace') ?? ''
]
if (namespace) namespace.activeMutant = told('mode') === 'mutant' ? told('activeMutant') : undefined

/** Tests that simulate hundreds of cases. Every mutant that they see would cost seconds: laws of one case have to kill it. */
const TRIALS = [
  'alarms in at most the stated share of the cases',
  'does alarm at times',
  'sees a drop of level-2 validity with the power',
  'covers the planted exponent',
  'has the deviation that was planted',
  'nats about a plateau strikes in at most',
  'is recovered where dropping or imputing',
  'accuses as few perfect generalisers as it says',
  'ancestral sampling with many',
  'shows every place of a batch every time equally often',
  'the ELBO loss has the expectation of the mask-count loss',
  'come equally often in every place of a batch',
  ', from k = ',
  'over clusters of eight cover a rate',
  'come in row groups of 50,000',
  'probabilities of 400 tokens do not underflow',
  'strings come out as often as their probability says',
  'of 3, 2, 2, 2 over',
  'the floor of many strings',
  'is Σ_t of the expected divergences',
  'starts uniform and draws every step from Bayes’ rule',
  'a batch holds times spread over the chain',
  'mask counts cover 1..T evenly within a batch',
  'follows the rule probabilities when strings are drawn independently',
]

beforeEach(({ task, skip }) => {
  const names = [task.name, task.suite?.name ?? '']
  if (TRIALS.some((words) => names.some((name) => name.includes(words)))) skip()
})

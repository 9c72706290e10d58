/** What stands behind the masks of a string, exactly, under a PCFG in NLTK's notation: verbs agree across other nouns. */

import { bracketed, parsePcfg, pcfgInference } from 'pcfg-diffusion/grammar'

const grammar = parsePcfg(`
  S -> One Runs | Many Run
  One -> 'the' Dog [0.8] | One Near [0.2]
  Many -> 'the' Dogs [0.8] | Many Near [0.2]
  Near -> 'near' One | 'near' Many
  Dog -> 'dog' [0.7] | 'cat' [0.3]
  Dogs -> 'dogs' [0.7] | 'cats' [0.3]
  Runs -> 'runs' | 'sleeps'
  Run -> 'run' | 'sleep'
`)
const { terminals } = grammar
const inference = pcfgInference(grammar)
const MASK = terminals.length

for (const text of ['the _ near the dogs near the cat _', 'the _ near the dogs near the cat sleeps']) {
  const tokens = text.split(' ').map((word) => (word === '_' ? MASK : terminals.indexOf(word)))
  const posterior = inference.marginals(tokens)
  console.log(
    `\n${text}\nln P = ${inference.logProbability(tokens)}, ${inference.countParses(tokens)} derivations`,
  )
  console.log('the best:', bracketed(grammar, inference.best(tokens)!.tree))
  tokens.forEach((token, at) => {
    const shares = terminals.map((word, id) => [word, posterior[at * MASK + id]!] as const)
    if (token === MASK) console.log(at, Object.fromEntries(shares.filter(([, share]) => share > 0)))
  })
}

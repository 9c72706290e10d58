/**
 * χ² of counts against probabilities, as a normal score (Wilson–Hilferty): about standard normal
 * where the counts are independent draws, so that a score above 4 is a false alarm in 3 of 100,000 seeds.
 *
 * @param tables each a table of counts with the probability of each of its cells; its total is given, so it has one degree of freedom less
 */
export function chiSquareScore(
  tables: readonly { readonly counts: readonly number[]; readonly probabilities: readonly number[] }[],
): number {
  let [chiSquare, freedom] = [0, 0]
  for (const { counts, probabilities } of tables) {
    const total = counts.reduce((sum, n) => sum + n, 0)
    counts.forEach((n, i) => {
      chiSquare += (n - total * probabilities[i]!) ** 2 / (total * probabilities[i]!)
    })
    freedom += counts.length - 1
  }
  return ((chiSquare / freedom) ** (1 / 3) - (1 - 2 / (9 * freedom))) / Math.sqrt(2 / (9 * freedom))
}

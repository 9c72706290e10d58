/** The part of jStat that is used. */
declare module 'jstat' {
  interface Distribution<Parameters extends readonly number[]> {
    cdf(x: number, ...parameters: Parameters): number
    inv(p: number, ...parameters: Parameters): number
  }
  const jstat: {
    readonly normal: Distribution<readonly [mean: number, deviation: number]>
    readonly studentt: Distribution<readonly [freedom: number]>
    readonly beta: Distribution<readonly [alpha: number, beta: number]>
    gammaln(x: number): number
  }
  export default jstat
}

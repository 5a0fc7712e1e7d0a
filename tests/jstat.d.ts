// The package has no types of its own; these are the functions that tests compare ours with.
declare module 'jstat' {
  export const jStat: {
    normal: { cdf(x: number, mean: number, standardDeviation: number): number };
    beta: { inv(probability: number, a: number, b: number): number };
  };
}

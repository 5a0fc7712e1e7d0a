/**
 * Logistic regression by Newton's method, with a ridge that keeps it finite where classes are separable.
 * @param rows features, the first of them 1
 * @returns the fitted probability of a row of features
 */
export function logisticRegression(
  rows: readonly (readonly number[])[],
  labels: readonly number[],
  ridge = 1e-3,
): (features: readonly number[]) => number {
  const size = rows[0]!.length;
  let weights: number[] = Array.from({ length: size }, () => 0);
  for (let step = 0; step < 30; step++) {
    const gradient = weights.map((weight) => -ridge * weight);
    const hessian = weights.map((_, i) => weights.map((_, j) => (i === j ? ridge : 0)));
    rows.forEach((row, n) => {
      const p = probability(weights, row);
      for (let i = 0; i < size; i++) {
        gradient[i]! += row[i]! * (labels[n]! - p);
        for (let j = 0; j < size; j++) hessian[i]![j]! += row[i]! * row[j]! * p * (1 - p);
      }
    });
    const change = solve(hessian, gradient);
    weights = weights.map((weight, i) => weight + change[i]!);
    if (Math.max(...change.map(Math.abs)) < 1e-10) break;
  }
  return (features) => probability(weights, features);
}

/** Mean negative log-likelihood of 0/1 labels. */
export function logLoss(probabilities: readonly number[], labels: readonly number[]): number {
  const losses = probabilities.map((p, n) => -Math.log(labels[n] === 1 ? p : 1 - p));
  return losses.reduce((sum, loss) => sum + loss, 0) / losses.length;
}

function probability(weights: readonly number[], features: readonly number[]): number {
  return 1 / (1 + Math.exp(-features.reduce((sum, value, i) => sum + value * weights[i]!, 0)));
}

/** Gauss elimination with pivots. */
function solve(matrix: readonly (readonly number[])[], right: readonly number[]): number[] {
  const rows = matrix.map((row, i) => [...row, right[i]!]);
  const size = rows.length;
  for (let column = 0; column < size; column++) {
    let pivot = column;
    for (let row = column + 1; row < size; row++)
      if (Math.abs(rows[row]![column]!) > Math.abs(rows[pivot]![column]!)) pivot = row;
    [rows[column], rows[pivot]] = [rows[pivot]!, rows[column]!];
    for (let row = 0; row < size; row++) {
      if (row === column) continue;
      const factor = rows[row]![column]! / rows[column]![column]!;
      for (let i = column; i <= size; i++) rows[row]![i]! -= factor * rows[column]![i]!;
    }
  }
  return rows.map((row, i) => row[size]! / row[i]!);
}

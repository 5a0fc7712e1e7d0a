// `export const parameters = { quantity: { default: 10, low: 1, high: 100 } }`: numbers that a strategy may be given, read from
// its source without running it.
import ts from 'typescript';
import { z } from 'zod';
import { InvalidInputError } from '../domain/errors.ts';
import type { Problem } from './source-rules.ts';

export const StrategyParameter = z
  .strictObject({ default: z.number(), low: z.number(), high: z.number() })
  .refine(({ default: usual, low, high }) => low <= usual && usual <= high, {
    error: '`default` must lie between `low` and `high`',
  });
export type StrategyParameter = z.infer<typeof StrategyParameter>;
export type StrategyParameters = Readonly<Record<string, StrategyParameter>>;

/**
 * All parameters: those that are given, the others as the file has them.
 * @throws InvalidInputError for one that the strategy does not have, or that is out of its range
 */
export function chooseParameters(
  parameters: StrategyParameters,
  given: Readonly<Record<string, number>> = {},
): Readonly<Record<string, number>> {
  for (const [name, value] of Object.entries(given)) {
    const parameter = Object.hasOwn(parameters, name) ? parameters[name] : undefined;
    const names = Object.keys(parameters).join(', ') || 'none';
    if (parameter === undefined)
      throw new InvalidInputError(`"${name}" is no parameter of the strategy; it has ${names}.`);
    if (!(value >= parameter.low && value <= parameter.high))
      throw new InvalidInputError(
        `The parameter ${name} lies between ${parameter.low} and ${parameter.high}; it is ${value}.`,
      );
  }
  return Object.fromEntries(
    Object.entries(parameters).map(([name, { default: usual }]) => [name, given[name] ?? usual]),
  );
}

/** @param file parsed with parents @returns what is exported as `parameters`, or what is wrong with it */
export function readParameters(file: ts.SourceFile): {
  readonly parameters: StrategyParameters;
  readonly problems: readonly Problem[];
} {
  const declaration = exportedParameters(file);
  if (declaration === null) return { parameters: {}, problems: [] };
  const { line, character } = file.getLineAndCharacterOfPosition(declaration.getStart(file));
  const problem = (message: string): Problem => ({
    line: line + 1,
    column: character + 1,
    rule: 'parameters',
    message,
  });
  const value = declaration.initializer === undefined ? undefined : literalOf(declaration.initializer);
  const parsed = z.record(z.string().regex(/^[A-Za-z]\w*$/), StrategyParameter).safeParse(value);
  if (parsed.success) return { parameters: parsed.data, problems: [] };
  const wanted = '`{ name: { default: 10, low: 1, high: 100 } }`, of numbers as they stand';
  const problems = parsed.error.issues.map(({ path, message }) =>
    problem(`parameters must be ${wanted}: ${[...path, message].join(': ')}`),
  );
  return { parameters: {}, problems };
}

/** The declaration of what is exported as `parameters`; null without one. */
export function exportedParameters(file: ts.SourceFile): ts.VariableDeclaration | null {
  for (const statement of file.statements) {
    if (!ts.isVariableStatement(statement)) continue;
    const isExported = statement.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword) ?? false;
    const found = statement.declarationList.declarations.find(
      ({ name }) => ts.isIdentifier(name) && name.text === 'parameters',
    );
    if (isExported && found !== undefined) return found;
  }
  return null;
}

/** A number or an object of such values; undefined for anything that would have to be computed. */
function literalOf(node: ts.Expression): unknown {
  if (ts.isAsExpression(node) || ts.isSatisfiesExpression(node) || ts.isParenthesizedExpression(node))
    return literalOf(node.expression);
  if (ts.isNumericLiteral(node)) return Number(node.text);
  if (ts.isPrefixUnaryExpression(node) && node.operator === ts.SyntaxKind.MinusToken) {
    const value = literalOf(node.operand);
    return typeof value === 'number' ? -value : undefined;
  }
  if (!ts.isObjectLiteralExpression(node)) return undefined;
  const entries = node.properties.map((property) => {
    if (!ts.isPropertyAssignment(property)) return undefined;
    const { name } = property;
    const isPlain = ts.isIdentifier(name) || ts.isStringLiteral(name);
    return isPlain ? ([name.text, literalOf(property.initializer)] as const) : undefined;
  });
  return entries.some((entry) => entry === undefined)
    ? undefined
    : Object.fromEntries(entries as [string, unknown][]);
}

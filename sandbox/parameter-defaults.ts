// The source of a strategy with other numbers as the defaults of its parameters; nothing else of it changes.
import ts from 'typescript';
import { InvalidInputError } from '../domain/errors.ts';
import { exportedParameters } from './strategy-parameters.ts';

/**
 * @param source that `compileStrategy` accepts
 * @param defaults of some or all of its parameters
 * @throws InvalidInputError for a parameter that it does not have
 */
export function withDefaults(source: string, defaults: Readonly<Record<string, number>>): string {
  const file = ts.createSourceFile('strategy.ts', source, ts.ScriptTarget.ES2022, true, ts.ScriptKind.TS);
  const declaration = exportedParameters(file);
  const parameters = objectOf(declaration?.initializer);
  const edits = Object.entries(defaults).map(([name, value]) => {
    const literal = propertyOf(objectOf(propertyOf(parameters, name)), 'default');
    if (literal === undefined)
      throw new InvalidInputError(`"${name}" is no parameter of the strategy: it has no default to change.`);
    return { from: literal.getStart(file), to: literal.getEnd(), text: String(value) };
  });
  return edits
    .sort((a, b) => b.from - a.from)
    .reduce((text, edit) => text.slice(0, edit.from) + edit.text + text.slice(edit.to), source);
}

function objectOf(node: ts.Expression | undefined): ts.ObjectLiteralExpression | undefined {
  if (node === undefined) return undefined;
  if (ts.isAsExpression(node) || ts.isSatisfiesExpression(node) || ts.isParenthesizedExpression(node))
    return objectOf(node.expression);
  return ts.isObjectLiteralExpression(node) ? node : undefined;
}

function propertyOf(
  object: ts.ObjectLiteralExpression | undefined,
  wanted: string,
): ts.Expression | undefined {
  // Of two properties with one name the last counts.
  const found = object?.properties.findLast(
    ({ name }) =>
      name !== undefined && (ts.isIdentifier(name) || ts.isStringLiteral(name)) && name.text === wanted,
  );
  return found !== undefined && ts.isPropertyAssignment(found) ? found.initializer : undefined;
}

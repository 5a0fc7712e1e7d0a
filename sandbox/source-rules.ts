// The static rules of strategies, on the syntax tree. They keep honest code from surprises at run time and say where; what
// holds hostile code is the heap without ways out (heap/surface.ts) and the process around it.
import ts from 'typescript';
import { RESERVED_PREFIX } from './metering.ts';
import { findTelling } from './simulator-constants.ts';

export type Problem = {
  /** From 1. */
  readonly line: number;
  readonly column: number;
  readonly rule: string;
  readonly message: string;
};

export type Findings = { readonly problems: Problem[]; readonly warnings: Problem[] };

/** What a strategy may name without declaring it; the heap has nothing else (heap/surface.ts, compared by a test). */
export const ALLOWED_GLOBALS: readonly string[] = [
  ...['Object', 'Array', 'Number', 'String', 'Boolean', 'Map', 'Set', 'Error', 'TypeError', 'RangeError'],
  ...['isNaN', 'isFinite', 'parseInt', 'parseFloat', 'undefined', 'NaN', 'Infinity', 'Math'],
];

/** Why some that are often wanted are missing. */
const MISSING: Readonly<Record<string, string>> = {
  Date: 'there is no clock but `timestampNs` of the state',
  performance: 'there is no clock but `timestampNs` of the state',
  JSON: 'text is of no use to a strategy',
  RegExp: 'what a regular expression costs cannot be counted',
  console: 'nobody reads what a strategy prints',
  eval: 'code is what stands in the file',
  Function: 'code is what stands in the file',
  Promise: 'a callback answers at once',
  setTimeout: 'a callback answers at once; `onTick` comes again',
};

/** Ways from a value to what made it, and what differs between engines. */
const FORBIDDEN_PROPERTIES = new Set([
  ...['constructor', 'prototype', '__proto__', 'stack', 'caller', 'callee', 'arguments'],
  ...['__defineGetter__', '__defineSetter__', '__lookupGetter__', '__lookupSetter__'],
]);

/** @param file parsed with parents */
export function checkRules(file: ts.SourceFile): Findings {
  const findings: Findings = { problems: [], warnings: [] };
  const declared = declaredNames(file);
  const report = (node: ts.Node, rule: string, message: string, list = findings.problems): void => {
    const { line, character } = file.getLineAndCharacterOfPosition(node.getStart(file));
    list.push({ line: line + 1, column: character + 1, rule, message });
  };
  const visit = (node: ts.Node): void => {
    if (isOnlyType(node)) return;
    checkSyntax(node, report);
    if (ts.isImportDeclaration(node)) return;
    if (ts.isIdentifier(node)) checkName(node, declared, report);
    const name = propertyName(node);
    if (name !== null && FORBIDDEN_PROPERTIES.has(name))
      report(node, 'no-forbidden-property', `\`${name}\` is not there for strategies`);
    if (ts.isNumericLiteral(node)) {
      const telling = findTelling(numberOf(node));
      if (telling !== null)
        report(node, 'simulator-constant', `${node.getText(file)} is near ${telling}`, findings.warnings);
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
  return findings;
}

/** A name that would collide with the counters; refused also where no other rule holds. */
export function findReserved(file: ts.SourceFile): Problem | null {
  let found: ts.Node | null = null;
  const visit = (node: ts.Node): void => {
    const isName = ts.isIdentifier(node) || ts.isPrivateIdentifier(node);
    if (isName && node.text.startsWith(RESERVED_PREFIX)) found ??= node;
    ts.forEachChild(node, visit);
  };
  visit(file);
  if (found === null) return null;
  const { line, character } = file.getLineAndCharacterOfPosition((found as ts.Node).getStart(file));
  const message = `names that begin with ${RESERVED_PREFIX} are not to be used`;
  return { line: line + 1, column: character + 1, rule: 'reserved-name', message };
}

type Report = (node: ts.Node, rule: string, message: string) => void;

function isOnlyType(node: ts.Node): boolean {
  if (ts.isImportDeclaration(node)) {
    const { importClause } = node;
    if (importClause === undefined) return false;
    if (importClause.isTypeOnly) return true;
    const { name, namedBindings } = importClause;
    return (
      name === undefined &&
      namedBindings !== undefined &&
      ts.isNamedImports(namedBindings) &&
      namedBindings.elements.every((element) => element.isTypeOnly)
    );
  }
  return ts.isTypeNode(node) || ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node);
}

function checkSyntax(node: ts.Node, report: Report): void {
  if (ts.isImportDeclaration(node) || ts.isImportEqualsDeclaration(node)) {
    report(node, 'no-import', 'a strategy is one file: only types are imported, with `import type`');
    return;
  }
  if (ts.isCallExpression(node)) {
    if (node.expression.kind === ts.SyntaxKind.ImportKeyword)
      report(node, 'no-import', 'a strategy is one file: nothing is loaded');
    return;
  }
  if (ts.isMetaProperty(node) && node.keywordToken === ts.SyntaxKind.ImportKeyword)
    report(node, 'no-import', 'a strategy does not know where it is');
  else if (
    ts.isExportAssignment(node) ||
    (ts.isExportDeclaration(node) && node.moduleSpecifier !== undefined)
  )
    report(node, 'no-export', 'what is exported is `createStrategy` and `parameters`, by name');
  else if (hasModifier(node, ts.SyntaxKind.DefaultKeyword))
    report(node, 'no-export', 'what is exported is `createStrategy` and `parameters`, by name');
  else if (hasModifier(node, ts.SyntaxKind.AsyncKeyword) || ts.isAwaitExpression(node))
    report(node, 'no-async', 'a callback answers at once');
  else if (ts.isForOfStatement(node) && node.awaitModifier !== undefined)
    report(node, 'no-async', 'a callback answers at once');
  else if (isGenerator(node) || ts.isYieldExpression(node))
    report(node, 'no-generator', 'write a loop or return a list');
  else if (ts.isWithStatement(node)) report(node, 'no-with', 'names must be what they seem');
  else if (node.kind === ts.SyntaxKind.RegularExpressionLiteral)
    report(node, 'no-regex', 'what a regular expression costs cannot be counted');
  else if (ts.isBigIntLiteral(node)) report(node, 'no-bigint', 'what a bigint costs cannot be counted');
  else if (ts.isTaggedTemplateExpression(node)) report(node, 'no-tagged-template', 'call the function');
  else if (ts.isDecorator(node)) report(node, 'no-decorator', 'call the function');
  else if (ts.isDebuggerStatement(node)) report(node, 'no-debugger', 'there is no debugger');
  else if (ts.isCatchClause(node) && node.variableDeclaration !== undefined)
    report(
      node.variableDeclaration,
      'no-catch-binding',
      'write `catch { … }`: what engines say of errors differs',
    );
  else if (isNestedRest(node))
    report(node, 'no-nested-rest', 'take the rest in a declaration of its own, or use slice');
  else if (isLengthTarget(node))
    report(node, 'no-length', 'the length of a list may be set to 0, and to nothing else');
  else if (isMemberPower(node)) report(node, 'no-exponent-assignment', 'write `a.b = a.b ** c`');
}

function hasModifier(node: ts.Node, kind: ts.SyntaxKind): boolean {
  return ts.canHaveModifiers(node) && (node.modifiers?.some((modifier) => modifier.kind === kind) ?? false);
}

function isGenerator(node: ts.Node): boolean {
  return (
    (ts.isFunctionDeclaration(node) || ts.isFunctionExpression(node) || ts.isMethodDeclaration(node)) &&
    node.asteriskToken !== undefined
  );
}

/** Its cost could only be counted where the whole is given a name. */
function isNestedRest(node: ts.Node): boolean {
  if (ts.isBindingElement(node) && node.dotDotDotToken !== undefined)
    return !ts.isVariableDeclaration(node.parent.parent) || node.parent.parent.initializer === undefined;
  if (!ts.isBinaryExpression(node) || node.operatorToken.kind !== ts.SyntaxKind.EqualsToken) return false;
  return hasRestTarget(node.left);
}

function hasRestTarget(target: ts.Node): boolean {
  if (ts.isSpreadElement(target) || ts.isSpreadAssignment(target)) return true;
  const isPattern = ts.isArrayLiteralExpression(target) || ts.isObjectLiteralExpression(target);
  if (!isPattern && !ts.isPropertyAssignment(target)) return false;
  return ts.forEachChild(target, (child) => (hasRestTarget(child) ? true : undefined)) ?? false;
}

/** A length that is set, except to 0. */
function isLengthTarget(node: ts.Node): boolean {
  if (!ts.isPropertyAccessExpression(node) && !ts.isElementAccessExpression(node)) return false;
  const name = ts.isPropertyAccessExpression(node)
    ? node.name.text
    : ts.isStringLiteralLike(node.argumentExpression)
      ? node.argumentExpression.text
      : null;
  if (name !== 'length') return false;
  const { parent } = node;
  if (ts.isPrefixUnaryExpression(parent) || ts.isPostfixUnaryExpression(parent))
    return (
      parent.operator === ts.SyntaxKind.PlusPlusToken || parent.operator === ts.SyntaxKind.MinusMinusToken
    );
  if (ts.isBinaryExpression(parent) && parent.left === node) {
    const { kind } = parent.operatorToken;
    if (kind < ts.SyntaxKind.FirstAssignment || kind > ts.SyntaxKind.LastAssignment) return false;
    const isZero = ts.isNumericLiteral(parent.right) && numberOf(parent.right) === 0;
    return !(kind === ts.SyntaxKind.EqualsToken && isZero);
  }
  return isDestructured(node);
}

/** Whether it is the target of an assignment that takes something apart. */
function isDestructured(node: ts.Node): boolean {
  for (let at = node; at.parent !== undefined; at = at.parent) {
    const { parent } = at;
    if (ts.isBinaryExpression(parent) && parent.operatorToken.kind === ts.SyntaxKind.EqualsToken)
      return parent.left === at;
    if ((ts.isForOfStatement(parent) || ts.isForInStatement(parent)) && parent.initializer === at)
      return true;
    const isPart =
      ts.isArrayLiteralExpression(parent) ||
      ts.isObjectLiteralExpression(parent) ||
      ts.isSpreadElement(parent) ||
      ts.isSpreadAssignment(parent) ||
      (ts.isPropertyAssignment(parent) && parent.initializer === at);
    if (!isPart) return false;
  }
  return false;
}

function isMemberPower(node: ts.Node): boolean {
  return (
    ts.isBinaryExpression(node) &&
    node.operatorToken.kind === ts.SyntaxKind.AsteriskAsteriskEqualsToken &&
    !ts.isIdentifier(node.left)
  );
}

// ------------------------------------------------------------------------------------------------------------ names

function checkName(node: ts.Identifier, declared: ReadonlySet<string>, report: Report): void {
  if (isPropertyOrLabel(node)) return;
  const { text } = node;
  if (text === 'arguments') report(node, 'no-arguments', 'write `(...given)`');
  else if (!declared.has(text) && !ALLOWED_GLOBALS.includes(text)) {
    const why = MISSING[text] ?? `there are ${ALLOWED_GLOBALS.join(', ')}`;
    report(node, 'no-global', `\`${text}\` is not there: ${why}`);
  }
}

/** A name that stands for no variable. */
function isPropertyOrLabel(node: ts.Identifier): boolean {
  const { parent } = node;
  if (ts.isPropertyAccessExpression(parent)) return parent.name === node;
  if (ts.isQualifiedName(parent)) return true;
  if (ts.isBindingElement(parent)) return parent.propertyName === node;
  if (ts.isLabeledStatement(parent) || ts.isBreakOrContinueStatement(parent)) return true;
  if (ts.isExportSpecifier(parent) || ts.isMetaProperty(parent) || ts.isEnumMember(parent)) return true;
  return (
    (ts.isPropertyAssignment(parent) ||
      ts.isMethodDeclaration(parent) ||
      ts.isPropertyDeclaration(parent) ||
      ts.isGetAccessor(parent) ||
      ts.isSetAccessor(parent)) &&
    parent.name === node
  );
}

/** Of the whole file, whatever their scope: the heap itself has no others. */
function declaredNames(file: ts.SourceFile): ReadonlySet<string> {
  const names = new Set<string>();
  const visit = (node: ts.Node): void => {
    const isDeclaration =
      ts.isVariableDeclaration(node) ||
      ts.isParameter(node) ||
      ts.isBindingElement(node) ||
      ts.isFunctionDeclaration(node) ||
      ts.isFunctionExpression(node) ||
      ts.isClassDeclaration(node) ||
      ts.isClassExpression(node) ||
      ts.isEnumDeclaration(node) ||
      ts.isModuleDeclaration(node);
    if (isDeclaration && node.name !== undefined && ts.isIdentifier(node.name)) names.add(node.name.text);
    if (ts.isEnumMember(node) && ts.isIdentifier(node.name)) names.add(node.name.text);
    ts.forEachChild(node, visit);
  };
  visit(file);
  return names;
}

/** What a node asks an object for, or gives it, as far as it can be read. */
function propertyName(node: ts.Node): string | null {
  if (ts.isPropertyAccessExpression(node)) return node.name.text;
  if (ts.isElementAccessExpression(node))
    return ts.isStringLiteralLike(node.argumentExpression) ? node.argumentExpression.text : null;
  const isNamed =
    ts.isPropertyAssignment(node) ||
    ts.isMethodDeclaration(node) ||
    ts.isPropertyDeclaration(node) ||
    ts.isGetAccessor(node) ||
    ts.isSetAccessor(node);
  if (isNamed) return nameText(node.name);
  if (ts.isShorthandPropertyAssignment(node)) return node.name.text;
  if (!ts.isBindingElement(node)) return null;
  if (node.propertyName !== undefined) return nameText(node.propertyName);
  const isOfObject = ts.isObjectBindingPattern(node.parent);
  return isOfObject && ts.isIdentifier(node.name) ? node.name.text : null;
}

function nameText(name: ts.PropertyName): string | null {
  if (ts.isIdentifier(name) || ts.isStringLiteralLike(name)) return name.text;
  if (ts.isComputedPropertyName(name) && ts.isStringLiteralLike(name.expression)) return name.expression.text;
  return null;
}

function numberOf(node: ts.NumericLiteral): number {
  return Number(node.text);
}

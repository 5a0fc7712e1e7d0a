// Puts counted fuel into a strategy's code: at the head of each function and loop, and where the language itself works on size.
// It also keeps a strategy from catching what ends it, and from asking for keys that lead out. Works on JavaScript, after the
// types are gone.
import ts from 'typescript';

const { factory: f } = ts;

/** What the code is given, in this order (heap/main.ts). No name of a strategy may begin like them. */
export const RESERVED_PREFIX = '$$';
const TOOLS = [
  '$$enter',
  '$$leave',
  '$$loop',
  '$$entered',
  '$$text',
  '$$template',
  '$$key',
  '$$spread',
  '$$arguments',
  '$$own',
  '$$raise',
  '$$caught',
] as const;
type Tool = (typeof TOOLS)[number];

/** So many nodes of the syntax tree run for one unit of fuel. */
const NODES_PER_FUEL = 64;

/** @returns a script: an expression that is a function, of the tools, which runs the module and returns `createStrategy` */
export function wrapModule(javascript: string): string {
  return `(function ($$tools) { "use strict";
const [${TOOLS.join(', ')}] = $$tools;
let $$made, $$at;
return (function () {
${javascript}
return createStrategy;
})(); })`;
}

/** A transformer for `ts.transpileModule`, to run after its own. */
export const addMetering: ts.TransformerFactory<ts.SourceFile> = (context) => {
  const visit = (node: ts.Node): ts.Node => {
    if (ts.isExportAssignment(node) || ts.isExportDeclaration(node)) return f.createNotEmittedStatement(node);
    const inner = ts.visitEachChild(node, visit, context);
    return metered(inner, node);
  };
  return (file) => ts.visitEachChild(file, visit, context);
};

/** @param node with its children metered already @param before the same as it was */
function metered(node: ts.Node, before: ts.Node): ts.Node {
  if (isFunctionWithBody(node)) return meterFunction(node, before);
  if (ts.isIterationStatement(node, false)) return meterLoop(node, before);
  if (ts.isParameter(node) && node.initializer !== undefined && calls(node.initializer))
    return f.updateParameterDeclaration(
      node,
      node.modifiers,
      node.dotDotDotToken,
      node.name,
      node.questionToken,
      node.type,
      asEntered(node.initializer),
    );
  if (ts.isPropertyDeclaration(node) && node.initializer !== undefined && calls(node.initializer))
    return f.updatePropertyDeclaration(
      node,
      node.modifiers,
      node.name,
      node.questionToken,
      node.type,
      asEntered(node.initializer),
    );
  if (ts.isTryStatement(node)) return meterTry(node);
  if (ts.isBinaryExpression(node)) return meterBinary(node);
  if (ts.isTemplateExpression(node)) return meterTemplate(node);
  if (ts.isElementAccessExpression(node))
    return ts.isElementAccessChain(node)
      ? f.updateElementAccessChain(
          node,
          node.expression,
          node.questionDotToken,
          asKey(node.argumentExpression),
        )
      : f.updateElementAccessExpression(node, node.expression, asKey(node.argumentExpression));
  if (ts.isComputedPropertyName(node)) return f.updateComputedPropertyName(node, asKey(node.expression));
  if (ts.isArrayLiteralExpression(node))
    return f.updateArrayLiteralExpression(node, meterSpreads(node.elements, '$$spread'));
  if (ts.isCallExpression(node) && node.arguments.some(ts.isSpreadElement))
    return ts.isCallChain(node)
      ? f.updateCallChain(
          node,
          node.expression,
          node.questionDotToken,
          undefined,
          meterSpreads(node.arguments, '$$arguments'),
        )
      : f.updateCallExpression(node, node.expression, undefined, meterSpreads(node.arguments, '$$arguments'));
  if (ts.isNewExpression(node) && node.arguments !== undefined)
    return f.updateNewExpression(
      node,
      node.expression,
      undefined,
      meterSpreads(node.arguments, '$$arguments'),
    );
  if (ts.isSpreadAssignment(node)) return f.updateSpreadAssignment(node, call('$$own', node.expression));
  if (ts.isVariableDeclaration(node) && node.initializer !== undefined) return meterRest(node);
  return isExported(node) ? withoutExport(node) : node;
}

function call(tool: Tool, ...given: ts.Expression[]): ts.CallExpression {
  return f.createCallExpression(f.createIdentifier(tool), undefined, given);
}

function statement(tool: Tool, ...given: ts.Expression[]): ts.Statement {
  return f.createExpressionStatement(call(tool, ...given));
}

// -------------------------------------------------------------------------------------------------- functions and loops

type FunctionWithBody = ts.FunctionLikeDeclaration & { readonly body: ts.Block | ts.Expression };

function isFunctionWithBody(node: ts.Node): node is FunctionWithBody {
  return ts.isFunctionLike(node) && 'body' in node && node.body !== undefined;
}

function meterFunction(node: FunctionWithBody, before: ts.Node): ts.Node {
  const { body } = node;
  const statements = ts.isBlock(body) ? body.statements : [f.createReturnStatement(body)];
  const fuel = f.createNumericLiteral(fuelOf(before));
  const block = f.createBlock(
    [
      statement('$$enter', fuel),
      f.createTryStatement(f.createBlock(statements, true), undefined, f.createBlock([statement('$$leave')])),
    ],
    true,
  );
  const { modifiers, name, parameters } = node as ts.FunctionDeclaration & { name: ts.PropertyName };
  if (ts.isFunctionDeclaration(node))
    return f.updateFunctionDeclaration(
      node,
      modifiers?.filter((modifier) => !isExportModifier(modifier)),
      node.asteriskToken,
      node.name,
      undefined,
      parameters,
      undefined,
      block,
    );
  if (ts.isFunctionExpression(node))
    return f.updateFunctionExpression(
      node,
      node.modifiers,
      node.asteriskToken,
      node.name,
      undefined,
      parameters,
      undefined,
      block,
    );
  if (ts.isArrowFunction(node))
    return f.updateArrowFunction(
      node,
      node.modifiers,
      undefined,
      parameters,
      undefined,
      node.equalsGreaterThanToken,
      block,
    );
  if (ts.isMethodDeclaration(node))
    return f.updateMethodDeclaration(
      node,
      modifiers,
      node.asteriskToken,
      name,
      undefined,
      undefined,
      parameters,
      undefined,
      block,
    );
  if (ts.isConstructorDeclaration(node))
    return f.updateConstructorDeclaration(node, modifiers, parameters, block);
  if (ts.isGetAccessor(node))
    return f.updateGetAccessorDeclaration(node, modifiers, name, parameters, undefined, block);
  return f.updateSetAccessorDeclaration(node, modifiers, name, parameters, block);
}

function meterLoop(node: ts.IterationStatement, before: ts.Node): ts.Node {
  const fuel = f.createNumericLiteral(fuelOf(before));
  const statements = ts.isBlock(node.statement) ? node.statement.statements : [node.statement];
  const body = f.createBlock([statement('$$loop', fuel), ...statements], true);
  if (ts.isForStatement(node))
    return f.updateForStatement(node, node.initializer, node.condition, node.incrementor, body);
  if (ts.isForOfStatement(node))
    return f.updateForOfStatement(node, node.awaitModifier, node.initializer, node.expression, body);
  if (ts.isForInStatement(node))
    return f.updateForInStatement(node, node.initializer, call('$$own', node.expression), body);
  if (ts.isWhileStatement(node)) return f.updateWhileStatement(node, node.expression, body);
  return f.updateDoStatement(node as ts.DoStatement, body, (node as ts.DoStatement).expression);
}

/** Of what runs once for it: loops and functions within it have their own. */
function fuelOf(node: ts.Node): number {
  let nodes = 0;
  const countBelow = (below: ts.Node): void => {
    nodes += 1;
    if (!ts.isFunctionLike(below) && !ts.isIterationStatement(below, false))
      ts.forEachChild(below, countBelow);
  };
  ts.forEachChild(node, countBelow);
  return 1 + Math.floor(nodes / NODES_PER_FUEL);
}

/** Whether it can run code of the strategy. */
function calls(expression: ts.Expression): boolean {
  if (ts.isFunctionLike(expression)) return false;
  if (ts.isCallExpression(expression) || ts.isNewExpression(expression)) return true;
  if (ts.isTaggedTemplateExpression(expression) || ts.isTemplateExpression(expression)) return true;
  return ts.forEachChild(expression, (child) => (calls(child as ts.Expression) ? true : undefined)) ?? false;
}

function asEntered(expression: ts.Expression): ts.Expression {
  return call(
    '$$entered',
    f.createArrowFunction(undefined, undefined, [], undefined, undefined, asBody(expression)),
  );
}

function asBody(expression: ts.Expression): ts.Expression {
  return f.createParenthesizedExpression(expression);
}

// ------------------------------------------------------------------------------------------------ what works on size

function meterBinary(node: ts.BinaryExpression): ts.Expression {
  switch (node.operatorToken.kind) {
    case ts.SyntaxKind.PlusToken:
      return isNumeric(node.left) && isNumeric(node.right) ? node : asText(node);
    case ts.SyntaxKind.PlusEqualsToken:
      return asText(node);
    case ts.SyntaxKind.AsteriskAsteriskToken:
      return call('$$raise', node.left, node.right);
    case ts.SyntaxKind.AsteriskAsteriskEqualsToken:
      return ts.isIdentifier(node.left)
        ? f.createParenthesizedExpression(
            f.createAssignment(node.left, call('$$raise', node.left, node.right)),
          )
        : node;
    default:
      return node;
  }
}

const ARITHMETIC = new Set([
  ts.SyntaxKind.MinusToken,
  ts.SyntaxKind.AsteriskToken,
  ts.SyntaxKind.SlashToken,
  ts.SyntaxKind.PercentToken,
]);

/** Whether it is certainly no string. */
function isNumeric(node: ts.Expression): boolean {
  if (ts.isParenthesizedExpression(node)) return isNumeric(node.expression);
  if (ts.isNumericLiteral(node)) return true;
  if (ts.isPrefixUnaryExpression(node)) return node.operator !== ts.SyntaxKind.ExclamationToken;
  return ts.isBinaryExpression(node) && ARITHMETIC.has(node.operatorToken.kind);
}

/** `($$made = …, typeof $$made === 'string' ? $$text($$made) : $$made)`: a call for each sum would cost too much. */
function asText(node: ts.Expression): ts.Expression {
  const made = f.createIdentifier('$$made');
  return f.createParenthesizedExpression(
    f.createComma(f.createAssignment(made, node), ifType(made, 'string', call('$$text', made), made)),
  );
}

/** As a call: some engines make them by a method of strings, others do not. */
function meterTemplate({ head, templateSpans }: ts.TemplateExpression): ts.Expression {
  const parts = templateSpans.flatMap(({ expression, literal }) => [
    expression,
    f.createStringLiteral(literal.text),
  ]);
  return call('$$template', f.createStringLiteral(head.text), ...parts);
}

function asKey(node: ts.Expression): ts.Expression {
  if (ts.isNumericLiteral(node)) return node;
  const at = f.createIdentifier('$$at');
  const isNumber = f.createStrictEquality(
    f.createTypeOfExpression(f.createParenthesizedExpression(f.createAssignment(at, node))),
    f.createStringLiteral('number'),
  );
  return f.createConditionalExpression(isNumber, undefined, at, undefined, call('$$key', at));
}

function ifType(
  value: ts.Expression,
  type: string,
  then: ts.Expression,
  other: ts.Expression,
): ts.Expression {
  const is = f.createStrictEquality(f.createTypeOfExpression(value), f.createStringLiteral(type));
  return f.createConditionalExpression(is, undefined, then, undefined, other);
}

function meterSpreads(elements: readonly ts.Expression[], tool: Tool): ts.Expression[] {
  return elements.map((element) =>
    ts.isSpreadElement(element) ? f.updateSpreadElement(element, call(tool, element.expression)) : element,
  );
}

function meterRest(node: ts.VariableDeclaration): ts.VariableDeclaration {
  const initializer = node.initializer!;
  if (ts.isIdentifier(node.name)) return node;
  const hasRest = node.name.elements.some(
    (element) => ts.isBindingElement(element) && element.dotDotDotToken !== undefined,
  );
  if (!hasRest) return node;
  const tool = ts.isArrayBindingPattern(node.name) ? '$$spread' : '$$own';
  return f.updateVariableDeclaration(node, node.name, undefined, undefined, call(tool, initializer));
}

/** Every `try` catches, so that what ends a callback is known to have come before a `finally` can turn it into something else. */
function meterTry(node: ts.TryStatement): ts.TryStatement {
  const thrown = f.createIdentifier('$$thrown');
  const declared = node.catchClause?.variableDeclaration;
  const isNamed = declared !== undefined && ts.isIdentifier(declared.name);
  const name = isNamed ? declared.name : thrown;
  const head: ts.Statement[] = [statement('$$caught', name)];
  if (declared !== undefined && !isNamed)
    head.push(
      f.createVariableStatement(
        undefined,
        f.createVariableDeclarationList(
          [f.createVariableDeclaration(declared.name, undefined, undefined, thrown)],
          ts.NodeFlags.Let,
        ),
      ),
    );
  const rest = node.catchClause?.block.statements ?? [f.createThrowStatement(thrown)];
  const clause = f.createCatchClause(
    f.createVariableDeclaration(name),
    f.createBlock([...head, ...rest], true),
  );
  const last =
    node.finallyBlock === undefined
      ? undefined
      : f.updateBlock(node.finallyBlock, [
          statement('$$loop', f.createNumericLiteral(1)),
          ...node.finallyBlock.statements,
        ]);
  return f.updateTryStatement(node, node.tryBlock, clause, last);
}

// ---------------------------------------------------------------------------------------------------------- the module

function isExportModifier({ kind }: ts.ModifierLike): boolean {
  return kind === ts.SyntaxKind.ExportKeyword || kind === ts.SyntaxKind.DefaultKeyword;
}

function isExported(node: ts.Node): node is ts.VariableStatement | ts.ClassDeclaration {
  return (
    (ts.isVariableStatement(node) || ts.isClassDeclaration(node)) &&
    (node.modifiers?.some(isExportModifier) ?? false)
  );
}

function withoutExport(node: ts.VariableStatement | ts.ClassDeclaration): ts.Statement {
  const modifiers = node.modifiers?.filter((modifier) => !isExportModifier(modifier));
  return ts.isVariableStatement(node)
    ? f.updateVariableStatement(node, modifiers, node.declarationList)
    : f.updateClassDeclaration(node, modifiers, node.name, undefined, node.heritageClauses, node.members);
}

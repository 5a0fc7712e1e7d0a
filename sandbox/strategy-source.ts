// A strategy's file becomes a script that any sandbox can run: checked against the static rules, types erased, fuel counted.
import { createHash } from 'node:crypto';
import { Script } from 'node:vm';
import ts from 'typescript';
import { AppError } from '../domain/errors.ts';
import { addMetering, wrapModule } from './metering.ts';
import { checkRules, findReserved } from './source-rules.ts';
import type { Problem } from './source-rules.ts';
import { readParameters } from './strategy-parameters.ts';
import type { StrategyParameters } from './strategy-parameters.ts';

export type { Problem } from './source-rules.ts';

export type CompiledStrategy = {
  readonly fileName: string;
  /** SHA-256 of the source, as hexadecimal. */
  readonly hash: string;
  /** An expression: a function of the heap's tools that runs the module (metering.ts). */
  readonly javascript: string;
  /** What `createStrategy` can be given; empty without `export const parameters`. */
  readonly parameters: StrategyParameters;
  /** What may be a mistake, or too much knowledge of the simulator. */
  readonly warnings: readonly Problem[];
};

/** A file that is no strategy: says where, which rule and why, all of them at once. */
export class StrategyValidationError extends AppError {
  readonly problems: readonly Problem[];

  constructor(fileName: string, problems: readonly Problem[]) {
    super('invalid_input', `${fileName} is no strategy:\n${describeProblems(fileName, problems)}`);
    this.name = 'StrategyValidationError';
    this.problems = problems;
  }
}

/** One line each: `file:line:column rule: message`. */
export function describeProblems(fileName: string, problems: readonly Problem[]): string {
  return problems
    .map(({ line, column, rule, message }) => `  ${fileName}:${line}:${column} ${message} (${rule})`)
    .join('\n');
}

const MOST_CHARACTERS = 100_000;
const MOST_PROBLEMS = 50;

export type CompileOptions = {
  /** False only to try the heap itself. @default true */
  readonly hasRules?: boolean;
};

/**
 * @param source TypeScript, or JavaScript when the name ends so
 * @throws StrategyValidationError
 */
export function compileStrategy(
  source: string,
  fileName: string,
  { hasRules = true }: CompileOptions = {},
): CompiledStrategy {
  const refuse = (...problems: Problem[]): never => {
    throw new StrategyValidationError(fileName, problems.slice(0, MOST_PROBLEMS));
  };
  const atStart = (rule: string, message: string): Problem => ({ line: 1, column: 1, rule, message });
  if (source.length > MOST_CHARACTERS)
    refuse(atStart('size', `it has ${source.length} characters; at most ${MOST_CHARACTERS} are possible`));
  try {
    return compile(source, fileName, hasRules, refuse);
  } catch (error) {
    // The parser goes down with the nesting of what it reads.
    if (error instanceof RangeError) refuse(atStart('size', 'it is nested too deeply'));
    throw error;
  }
}

function compile(
  source: string,
  fileName: string,
  hasRules: boolean,
  refuse: (...problems: Problem[]) => never,
): CompiledStrategy {
  const kind = /\.[cm]?jsx?$/.test(fileName) ? ts.ScriptKind.JS : ts.ScriptKind.TS;
  const file = ts.createSourceFile(fileName, source, ts.ScriptTarget.ES2022, true, kind);
  const { outputText, diagnostics = [] } = ts.transpileModule(source, {
    fileName: kind === ts.ScriptKind.JS ? 'strategy.js' : 'strategy.ts',
    reportDiagnostics: true,
    compilerOptions: {
      target: ts.ScriptTarget.ES2022,
      module: ts.ModuleKind.ESNext,
      allowJs: true,
      removeComments: true,
    },
    transformers: { after: [addMetering] },
  });
  const errors = diagnostics.map(({ start = 0, messageText }) => {
    const { line, character } = file.getLineAndCharacterOfPosition(start);
    const message = ts.flattenDiagnosticMessageText(messageText, ' ');
    return { line: line + 1, column: character + 1, rule: 'syntax', message };
  });
  if (errors.length > 0) refuse(...errors);
  const reserved = findReserved(file);
  if (reserved !== null) refuse(reserved);
  const { problems, warnings } = checkRules(file);
  const { parameters, problems: wrongParameters } = readParameters(file);
  const all = [...problems, ...wrongParameters].sort((a, b) => a.line - b.line || a.column - b.column);
  if (!exportsCreator(file))
    all.push({
      line: 1,
      column: 1,
      rule: 'create-strategy',
      message: 'it must have `export function createStrategy(parameters)`, which returns the callbacks',
    });
  if (hasRules && all.length > 0) refuse(...all);
  const javascript = wrapModule(outputText);
  try {
    // What only the engine knows, such as a name that is declared twice.
    new Script(javascript);
  } catch (error) {
    if (hasRules) refuse({ line: 1, column: 1, rule: 'syntax', message: (error as Error).message });
  }
  const hash = createHash('sha256').update(source).digest('hex');
  return { fileName, hash, javascript, parameters, warnings };
}

function exportsCreator(file: ts.SourceFile): boolean {
  return file.statements.some((statement) => {
    if (ts.isExportDeclaration(statement) && statement.exportClause !== undefined)
      return (
        ts.isNamedExports(statement.exportClause) &&
        statement.exportClause.elements.some(
          ({ name, propertyName }) => name.text === 'createStrategy' && propertyName === undefined,
        )
      );
    const isExported =
      ts.canHaveModifiers(statement) &&
      (statement.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword) ?? false);
    if (!isExported) return false;
    if (ts.isFunctionDeclaration(statement)) return statement.name?.text === 'createStrategy';
    return (
      ts.isVariableStatement(statement) &&
      statement.declarationList.declarations.some(
        ({ name }) => ts.isIdentifier(name) && name.text === 'createStrategy',
      )
    );
  });
}

/**
 * The part of Handlebars' syntax tree that is read here (`Handlebars.parse`). The package's own types leave the node
 * kinds open, so the contract is stated once more as a closed union. Lines count from 1, columns from 0.
 */

export interface SourceSpan {
  readonly start: { readonly line: number; readonly column: number };
  readonly end: { readonly line: number; readonly column: number };
}

interface NodeBase {
  readonly loc: SourceSpan;
}

export interface Program extends NodeBase {
  readonly type: "Program";
  readonly body: readonly Statement[];
  readonly blockParams?: readonly string[];
}

export type Statement =
  | ContentStatement
  | CommentStatement
  | MustacheStatement
  | BlockStatement
  | PartialStatement
  | UnsupportedStatement;

export interface ContentStatement extends NodeBase {
  readonly type: "ContentStatement";
  /** After white space control. */
  readonly value: string;
  /** As written. */
  readonly original: string;
  readonly rightStripped?: boolean;
}

interface CommentStatement extends NodeBase {
  readonly type: "CommentStatement";
}

export interface CallParts {
  readonly path: Expression;
  readonly params: readonly Expression[];
  readonly hash?: Hash;
}

export interface MustacheStatement extends NodeBase, CallParts {
  readonly type: "MustacheStatement";
}

export interface BlockStatement extends NodeBase, CallParts {
  readonly type: "BlockStatement";
  readonly program?: Program;
  readonly inverse?: Program;
}

export interface PartialStatement extends NodeBase {
  readonly type: "PartialStatement";
  readonly name: Expression;
  readonly params: readonly Expression[];
  readonly hash?: Hash;
  /** White space before a partial that stands alone on its line; every line of the partial gets it. */
  readonly indent: string;
}

interface UnsupportedStatement extends NodeBase {
  readonly type: "PartialBlockStatement" | "Decorator" | "DecoratorBlock";
}

export type Expression =
  | PathExpression
  | SubExpression
  | StringLiteral
  | NumberLiteral
  | BooleanLiteral
  | NothingLiteral;

export interface PathExpression extends NodeBase {
  readonly type: "PathExpression";
  /** `@name` */
  readonly data: boolean;
  /** Number of leading `../`. */
  readonly depth: number;
  readonly parts: readonly string[];
  readonly original: string;
}

interface SubExpression extends NodeBase, CallParts {
  readonly type: "SubExpression";
}

interface StringLiteral extends NodeBase {
  readonly type: "StringLiteral";
  readonly value: string;
}

interface NumberLiteral extends NodeBase {
  readonly type: "NumberLiteral";
  readonly value: number;
}

interface BooleanLiteral extends NodeBase {
  readonly type: "BooleanLiteral";
  readonly value: boolean;
}

interface NothingLiteral extends NodeBase {
  readonly type: "NullLiteral" | "UndefinedLiteral";
}

interface Hash extends NodeBase {
  readonly type: "Hash";
  readonly pairs: readonly HashPair[];
}

interface HashPair extends NodeBase {
  readonly type: "HashPair";
  readonly key: string;
  readonly value: Expression;
}

import { readFileSync } from "node:fs";
import ts from "typescript";

type Schema = Readonly<Record<string, unknown>>;
type TypeOrInterface = ts.TypeNode | ts.InterfaceDeclaration;

const PUBLIC_API = new URL("../../src/core/agents/publicAPI.ts", import.meta.url);
/**
 * JSON Schemas of the published types that agents get or give, by their names. Fields are described by their comments; the tags
 * `@integer`, `@minimum` and `@maximum` say what a type cannot. No number is below zero unless a tag says so.
 */
export function answerSchemas(): Readonly<Record<string, Schema>> {
  const source = ts.createSourceFile(
    "publicAPI.ts",
    readFileSync(PUBLIC_API, "utf8"),
    ts.ScriptTarget.Latest,
    true,
  );
  const declared = new Map(
    source.statements
      .filter((each) => ts.isInterfaceDeclaration(each) || ts.isTypeAliasDeclaration(each))
      .map((each) => [each.name.text, each]),
  );
  const schemaOf = (name: string): Schema => {
    const found = declared.get(name);
    if (found === undefined) throw new Error(`publicAPI.ts has no type ${name}`);
    const type = ts.isInterfaceDeclaration(found) ? found : found.type;
    return described(found, schemaOfType(type, schemaOf));
  };
  return {
    SessionStatus: schemaOf("SessionStatus"),
    SessionList: schemaOf("SessionList"),
    UsageReport: schemaOf("UsageReport"),
    ListSessionsOptions: schemaOf("ListSessionsOptions"),
    UsageReportOptions: schemaOf("UsageReportOptions"),
  };
}

function schemaOfType(node: TypeOrInterface, schemaOf: (name: string) => Schema): Schema {
  const of = (each: ts.TypeNode): Schema => schemaOfType(each, schemaOf);
  if (ts.isParenthesizedTypeNode(node)) return of(node.type);
  if (ts.isInterfaceDeclaration(node)) {
    const parents = node.heritageClauses?.flatMap(({ types }) => types) ?? [];
    return merged([
      ...parents.map(({ expression }) => schemaOf(expression.getText())),
      objectOf(node.members, of),
    ]);
  }
  if (ts.isTypeLiteralNode(node)) return objectOf(node.members, of);
  if (ts.isIntersectionTypeNode(node)) return merged(node.types.map(of));
  if (ts.isTypeOperatorNode(node)) return of(node.type);
  if (ts.isArrayTypeNode(node)) return { type: "array", items: of(node.elementType) };
  if (ts.isUnionTypeNode(node)) return unionOf(node.types.map(of));
  if (ts.isLiteralTypeNode(node)) return literalOf(node.literal);
  if (ts.isTypeReferenceNode(node)) return reference(node, of, schemaOf);
  if (node.kind === ts.SyntaxKind.NumberKeyword) return { type: "number", minimum: 0 };
  if (node.kind === ts.SyntaxKind.StringKeyword) return { type: "string" };
  if (node.kind === ts.SyntaxKind.BooleanKeyword) return { type: "boolean" };
  throw new Error(`no schema for the type ${node.getText()}`);
}

function literalOf(literal: ts.LiteralTypeNode["literal"]): Schema {
  if (literal.kind === ts.SyntaxKind.NullKeyword) return { enum: [null] };
  if (ts.isStringLiteral(literal)) return { enum: [literal.text] };
  return { const: Number(literal.getText()) };
}

function reference(
  node: ts.TypeReferenceNode,
  of: (each: ts.TypeNode) => Schema,
  schemaOf: (name: string) => Schema,
): Schema {
  const [first, second] = node.typeArguments ?? [];
  if (first === undefined) return schemaOf(node.typeName.getText());
  if (second === undefined) return of(first); // Readonly<…>
  if (node.typeName.getText() === "Record") {
    const value = of(second);
    const names = of(first)["enum"] as readonly string[];
    return exactly(Object.fromEntries(names.map((name) => [name, value])), names);
  }
  const picked = of(second)["enum"] as readonly string[];
  const properties = of(first)["properties"] as Schema;
  return exactly(Object.fromEntries(picked.map((name) => [name, properties[name]])), picked);
}

function objectOf(
  members: ts.NodeArray<ts.TypeElement>,
  of: (each: ts.TypeNode) => Schema,
): Schema {
  const fields = members.filter(ts.isPropertySignature);
  const entries = fields.map((field) => [field.name.getText(), described(field, of(field.type!))]);
  const required = fields.filter(({ questionToken }) => questionToken === undefined);
  return exactly(
    Object.fromEntries(entries) as Schema,
    required.map(({ name }) => name.getText()),
  );
}

function exactly(properties: Schema, required: readonly string[]): Schema {
  return {
    type: "object",
    properties,
    ...(required.length === 0 ? {} : { required }),
    additionalProperties: false,
  };
}

/** One object with the fields of several. */
function merged(parts: readonly Schema[]): Schema {
  return exactly(
    Object.assign({}, ...parts.map(({ properties }) => properties)) as Schema,
    parts.flatMap(({ required }) => (required ?? []) as readonly string[]),
  );
}

/** Words, or one type that may be null. */
function unionOf(parts: readonly Schema[]): Schema {
  const words = parts.flatMap((part) => (part["enum"] ?? []) as readonly (string | null)[]);
  const [only, ...others] = parts.filter((part) => part["enum"] === undefined);
  if (only === undefined) return { ...parts[0], enum: words };
  if (others.length > 0 || words.some((word) => word !== null)) throw new Error("mixed union");
  return { ...only, type: [only["type"], "null"] };
}

/** A schema with what the comment of a type or field adds to it. */
function described(node: ts.Node, schema: Schema): Schema {
  const comments = ts.getJSDocCommentsAndTags(node).filter(ts.isJSDoc);
  const text = comments.map(({ comment }) => ts.getTextOfJSDocComment(comment) ?? "").join(" ");
  const description = text.replaceAll(/\s+/g, " ").trim().replace(/\.$/, "");
  const tags = ts.getJSDocTags(node).map(({ tagName, comment }): Schema => {
    if (tagName.text !== "integer") {
      return { [tagName.text]: Number(ts.getTextOfJSDocComment(comment)) };
    }
    return { type: Array.isArray(schema["type"]) ? ["integer", "null"] : "integer" };
  });
  return Object.assign({ ...schema }, description === "" ? {} : { description }, ...tags) as Schema;
}

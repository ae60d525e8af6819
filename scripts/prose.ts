import ts from 'typescript';

/** Stands for a character that is not prose, so that no phrase is found across code. */
const CODE = '\0';

const blank = (text: string, by = CODE) => text.replaceAll(/[^\n]/g, by);
const withoutCodeSpans = (text: string) => text.replaceAll(/`[^`\n]+`/g, (span) => blank(span));

/**
 * The prose of a file: comments and string literals of TypeScript and JavaScript, Markdown without its code, and the
 * whole of any other file. Every character keeps its place; those that are not prose are blanked.
 */
export function proseOf(path: string, text: string): string {
  if (/\.(ts|cjs)$/.test(path)) return proseOfTypeScript(path, text);
  if (path.endsWith('.md')) return proseOfMarkdown(text);
  return text.replaceAll(/^\s*#+/gm, (marks) => blank(marks, ' '));
}

function proseOfTypeScript(path: string, text: string): string {
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  let prose = '';
  const keep = (start: number, end: number, read: (part: string) => string) => {
    prose += blank(text.slice(prose.length, start)) + read(text.slice(start, end));
  };
  const visit = (node: ts.Node) => {
    // Documentation is read as the comment before the token that follows it.
    if (ts.isJSDoc(node)) return;
    const children = node.getChildren(source);
    for (const child of children) visit(child);
    if (children.length > 0) return;
    const start = node.getStart(source);
    keep(node.pos, start, proseOfComments);
    if (isText(node)) keep(start + 1, node.end - 1, withoutCodeSpans);
  };
  visit(source);
  return prose + blank(text.slice(prose.length));
}

const proseOfComments = (comments: string) =>
  withoutCodeSpans(comments.replaceAll(/^\s*(\/\*+|\*+\/?|\/\/+)/gm, (marks) => blank(marks, ' ')));

/** A literal without a space is a name or a code. */
function isText(node: ts.Node): boolean {
  const isLiteral =
    ts.isStringLiteralLike(node) ||
    node.kind === ts.SyntaxKind.TemplateHead ||
    node.kind === ts.SyntaxKind.TemplateMiddle ||
    node.kind === ts.SyntaxKind.TemplateTail;
  return isLiteral && /\s/.test((node as ts.LiteralLikeNode).text);
}

const proseOfMarkdown = (text: string) =>
  withoutCodeSpans(text.replaceAll(/^( *)```.*?^\1```$/gms, (block) => blank(block)));

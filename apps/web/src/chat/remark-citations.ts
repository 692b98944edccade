/** The used part of a node of a Markdown tree. */
interface TreeNode {
  type: string;
  value?: string;
  children?: TreeNode[];
  data?: { hName: string; hProperties: Record<string, string> };
}

const CITATION = /\[(\d{1,3}(?:\s*,\s*\d{1,3})*)\]/g;
/** A number in brackets inside of these is not a citation. Code has no text nodes. */
const NOT_IN = new Set(['link', 'linkReference', 'footnoteDefinition']);

/**
 * A remark plugin: `[1]` and `[1, 2]` in running text become `<cite data-numbers="1,2">`. It works on the parsed tree, so that code, links
 * and addresses are not changed.
 */
export function remarkCitations() {
  return (tree: TreeNode): void => mark(tree);
}

function mark(node: TreeNode): void {
  if (!node.children || NOT_IN.has(node.type)) return;
  node.children = node.children.flatMap((child) => {
    if (child.type === 'text') return split(child);
    mark(child);
    return [child];
  });
}

function split(node: TreeNode): TreeNode[] {
  const text = node.value ?? '';
  const parts: TreeNode[] = [];
  let end = 0;
  for (const found of text.matchAll(CITATION)) {
    const [whole, numbers = ''] = found;
    if (found.index > end) parts.push({ type: 'text', value: text.slice(end, found.index) });
    end = found.index + whole.length;
    const properties = { 'data-numbers': numbers.replace(/\s/g, '') };
    parts.push({
      type: 'citation',
      data: { hName: 'cite', hProperties: properties },
      children: [{ type: 'text', value: whole }],
    });
  }
  if (end === 0) return [node];
  if (end < text.length) parts.push({ type: 'text', value: text.slice(end) });
  return parts;
}

/**
 * JSON as a text that need not be right: keys stand twice, numbers are larger than any, and what is not JSON at all may
 * stand in the place of a value.
 *
 * @module
 */

/** A value: a text to be written as it is, or a list or object of such. */
export type Tree = string | readonly Tree[] | Members;

/** Members of an object in their order, keys not unique. */
export interface Members {
  readonly members: readonly (readonly [key: string, value: Tree])[];
}

export function treeOf(value: unknown): Tree {
  if (Array.isArray(value)) return value.map(treeOf);
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  return { members: Object.entries(value).map(([key, item]) => [key, treeOf(item)]) };
}

export function textOf(tree: Tree): string {
  if (typeof tree === 'string') return tree;
  if (isList(tree)) return `[${tree.map(textOf).join(',')}]`;
  return `{${tree.members.map(([key, value]) => `${JSON.stringify(key)}:${textOf(value)}`).join(',')}}`;
}

/** A change at one place of a tree. */
export type Change =
  | { readonly kind: 'replace'; readonly by: Tree }
  | { readonly kind: 'remove' }
  /** Only of a member; elsewhere nothing changes. */
  | { readonly kind: 'rename'; readonly key: string }
  /** A further value behind it, in an object under the same key. */
  | { readonly kind: 'repeat'; readonly value: Tree }
  /** A member of the place itself, if it is an object. */
  | { readonly kind: 'add'; readonly key: string; readonly value: Tree };

/** The tree with a change at its nth place, counted from the root through all that is in it; n may be any number. */
export function changed(tree: Tree, n: number, change: Change): Tree {
  let left = n % countOf(tree);
  const visit = (place: Tree): readonly Tree[] => {
    const isIt = left === 0;
    left -= 1;
    if (isIt) return applied(place, change);
    if (left < 0 || typeof place === 'string') return [place];
    if (isList(place)) return [place.flatMap(visit)];
    const members = place.members.flatMap(([key, value]) => {
      const isNext = left === 0;
      const values = visit(value);
      const newKey = isNext && change.kind === 'rename' ? change.key : key;
      return values.map((item) => [newKey, item] as const);
    });
    return [{ members }];
  };
  return visit(tree)[0] ?? '';
}

function applied(place: Tree, change: Change): readonly Tree[] {
  switch (change.kind) {
    case 'replace':
      return [change.by];
    case 'remove':
      return [];
    case 'rename':
      return [place];
    case 'repeat':
      return [place, change.value];
    case 'add':
      if (typeof place === 'string' || isList(place)) return [place];
      return [{ members: [...place.members, [change.key, change.value]] }];
  }
}

function countOf(tree: Tree): number {
  if (typeof tree === 'string') return 1;
  const inner = isList(tree) ? tree : tree.members.map(([, value]) => value);
  return inner.reduce((sum: number, item) => sum + countOf(item), 1);
}

function isList(tree: Tree): tree is readonly Tree[] {
  return Array.isArray(tree);
}

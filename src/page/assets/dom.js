/**
 * Descriptions of elements, and making a part of the page as described while what stays the same stays in place: the same
 * elements keep their focus, their scroll position and what is selected in them. Text is only ever text: nothing is parsed.
 *
 * @module
 */

/**
 * @typedef {object} Props
 * @property {string} [key] Tells this element from its siblings, for as long as it stays.
 * @property {string} [class]
 * @property {Readonly<Record<string, string>>} [vars] Custom properties of its style.
 * @property {(event: Event) => void} [oninput]
 * @property {(event: Event) => void} [onclick]
 * @property {string} [value] Of an input; not written while somebody writes in it.
 * @property {Readonly<Record<string, string | undefined>>} [attrs] An undefined one is not there.
 */

/**
 * @typedef {object} Described
 * @property {string} tag
 * @property {Props} props
 * @property {readonly Child[]} children
 */

/** @typedef {Described | string} Child */

/** What each element was last described as. */
const KNOWN = /** @type {WeakMap<Node, Described>} */ (new WeakMap());

/**
 * @param {string} tag
 * @param {Props} [props]
 * @param {...(Child | undefined | false | readonly (Child | undefined | false)[])} children
 * @returns {Described}
 */
export function h(tag, props = {}, ...children) {
  const shown = children.flat().filter((child) => child !== undefined && child !== false && child !== '');
  return { tag, props, children: /** @type {readonly Child[]} */ (shown) };
}

/**
 * Makes the content of the element what is described.
 *
 * @param {Element} parent
 * @param {readonly (Child | undefined | false)[]} children
 */
export function show(parent, children) {
  const focused = document.activeElement;
  patch(
    parent,
    children.filter((child) => child !== undefined && child !== false),
  );
  // An element that was moved has lost it.
  if (focused instanceof HTMLElement && focused !== document.activeElement && focused.isConnected)
    focused.focus({ preventScroll: true });
}

/**
 * @param {Element} parent
 * @param {readonly Child[]} children
 */
function patch(parent, children) {
  const nodes = matched(parent, children);
  const staying = new Set(nodes);
  const leaving = [...parent.childNodes].filter((node) => !staying.has(node));
  for (const node of leaving) node.remove();
  let next = parent.firstChild;
  children.forEach((child, index) => {
    const node = nodes[index] ?? create(child);
    if (node === next) next = next.nextSibling;
    else parent.insertBefore(node, next);
    update(node, child);
  });
}

/**
 * The nodes that are there already for the children.
 *
 * @param {Element} parent
 * @param {readonly Child[]} children
 * @returns {(ChildNode | undefined)[]}
 */
function matched(parent, children) {
  /** @type {Map<string, ChildNode[]>} */
  const free = new Map();
  for (const node of parent.childNodes) {
    const kind = node instanceof Text ? '' : kindOf(KNOWN.get(node));
    const alike = free.get(kind);
    if (alike === undefined) free.set(kind, [node]);
    else alike.push(node);
  }
  return children.map((child) => free.get(kindOf(child))?.shift());
}

/** @param {Child | undefined} child */
function kindOf(child) {
  if (typeof child === 'string') return '';
  return child === undefined ? '?' : `${child.tag} ${child.props.key ?? ''}`;
}

/**
 * @param {Child} child
 * @returns {ChildNode}
 */
function create(child) {
  return typeof child === 'string' ? document.createTextNode(child) : document.createElement(child.tag);
}

/**
 * @param {ChildNode} node
 * @param {Child} child
 */
function update(node, child) {
  if (typeof child === 'string') {
    if (node.nodeValue !== child) node.nodeValue = child;
    return;
  }
  if (!(node instanceof HTMLElement)) return;
  const before = KNOWN.get(node);
  KNOWN.set(node, child);
  if (before === undefined) listen(node, child.props);
  setProps(node, before?.props ?? {}, child.props);
  patch(node, child.children);
}

/**
 * @param {HTMLElement} element
 * @param {Props} before
 * @param {Props} props
 */
function setProps(element, before, props) {
  if (before.class !== props.class) element.className = props.class ?? '';
  for (const name of Object.keys({ ...before.attrs, ...props.attrs })) {
    const value = props.attrs?.[name];
    if (value === undefined) element.removeAttribute(name);
    else if (element.getAttribute(name) !== value) element.setAttribute(name, value);
  }
  for (const name of Object.keys({ ...before.vars, ...props.vars })) {
    const value = props.vars?.[name] ?? '';
    if (before.vars?.[name] !== value) element.style.setProperty(name, value);
  }
  if (element instanceof HTMLInputElement && props.value !== undefined && element !== document.activeElement)
    element.value = props.value;
}

/**
 * Handlers are looked up when something happens: the newest description holds.
 *
 * @param {HTMLElement} element
 * @param {Props} first
 */
function listen(element, first) {
  if (first.oninput !== undefined)
    element.addEventListener('input', (event) => KNOWN.get(element)?.props.oninput?.(event));
  if (first.onclick !== undefined)
    element.addEventListener('click', (event) => KNOWN.get(element)?.props.onclick?.(event));
}

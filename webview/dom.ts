/** An element that shows something. */
export interface View<Shown> {
  readonly element: HTMLElement;
  draw(next: Shown): void;
}

/** A child of an element; text is never parsed as markup. */
export type Child = Node | string;

/** Attributes of an element; false and undefined omit one, true sets it to an empty string. */
export type Attributes = Readonly<Record<string, string | number | boolean | undefined>>;

/** Creates an element. */
export function element<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  attributes: Attributes = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[Tag] {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) setAttribute(made, name, value);
  made.append(...children);
  return made;
}

/** Creates a button without VS Code's looks, which the style sheet gives it by its class. */
export function plainButton(
  attributes: Attributes,
  onClick: () => void,
  ...children: readonly Child[]
): HTMLButtonElement {
  const made = element("button", { type: "button", ...attributes }, ...children);
  made.addEventListener("click", onClick);
  return made;
}

/** Sets or removes an attribute, touching the document only if it differs. */
export function setAttribute(
  target: Element,
  name: string,
  value: string | number | boolean | undefined,
): void {
  if (value === undefined || value === false) {
    target.removeAttribute(name);
    return;
  }
  const text = value === true ? "" : String(value);
  if (target.getAttribute(name) !== text) target.setAttribute(name, text);
}

/** Sets an element's text, touching the document only if it differs. */
export function setText(target: Node, text: string): void {
  if (target.textContent !== text) target.textContent = text;
}

/** Shows or hides an element. */
export function setShown(target: HTMLElement, isShown: boolean): void {
  if (target.hidden === isShown) target.hidden = !isShown;
}

/** Shows items in order, each in a view of its own, which it keeps while the item with its key is shown. */
export function drawEach<Item, Shown extends View<Item>>(
  holder: HTMLElement,
  views: Map<string, Shown>,
  items: readonly Item[],
  keyOf: (item: Item) => string,
  create: (item: Item) => Shown,
): void {
  const wanted = new Set(items.map(keyOf));
  for (const [key, view] of views) {
    if (wanted.has(key)) continue;
    view.element.remove();
    views.delete(key);
  }
  for (const [at, item] of items.entries()) {
    const view = views.get(keyOf(item)) ?? create(item);
    views.set(keyOf(item), view);
    view.draw(item);
    const before = holder.children[at] ?? null;
    if (before !== view.element) holder.insertBefore(view.element, before);
  }
}

/** Fills an element with lines of text, touching the document only if they differ; hidden without lines. */
export function setLines(target: HTMLElement, tag: "li" | "p", lines: readonly string[]): void {
  setShown(target, lines.length > 0);
  const known = [...target.children].map((child) => child.textContent);
  if (known.join("\n") === lines.join("\n")) return;
  target.replaceChildren(...lines.map((line) => element(tag, {}, line)));
}

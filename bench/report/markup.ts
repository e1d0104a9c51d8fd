/**
 * Pieces of HTML.
 *
 * @module
 */

/** Text that is HTML already. */
export class Html {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

type Piece = string | number | Html | readonly Html[];

/** A template whose values are escaped unless they are HTML. */
export function html(strings: TemplateStringsArray, ...values: readonly Piece[]): Html {
  const parts = strings.map((text, index) => {
    const value = values[index];
    return value === undefined ? text : text + markup(value);
  });
  return new Html(parts.join(''));
}

function markup(value: Piece): string {
  if (value instanceof Html) return value.text;
  if (typeof value === 'object') return value.map(({ text }) => text).join('\n');
  return escaped(String(value));
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escaped(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => ENTITIES[character] ?? character);
}

/** Data for a script of the page; nothing in it ends the script. */
export function jsonScript(id: string, data: unknown): Html {
  const json = JSON.stringify(data).replaceAll('<', '\\u003c');
  return new Html(`<script type="application/json" id="${id}">${json}</script>`);
}

/** A column: its title, and whether its cells are sentences. */
export interface Column {
  readonly title: string;
  readonly isText?: boolean;
}

/** @param label what it shows, for who cannot see it. */
export function table(label: string, columns: readonly Column[], rows: readonly (readonly Piece[])[]): Html {
  const classOf = (index: number): string => (columns[index]?.isText === true ? 'text' : '');
  const head = columns.map(({ title }, index) => html`<th class="${classOf(index)}">${title}</th>`);
  const body = rows.map((row) => {
    const cells = row.map((cell, index) => html`<td class="${classOf(index)}">${cell}</td>`);
    return html`<tr>
      ${cells}
    </tr>`;
  });
  return html`<div class="scroll" role="region" tabindex="0" aria-label="${label}">
    <table>
      <thead>
        <tr>
          ${head}
        </tr>
      </thead>
      <tbody>
        ${body}
      </tbody>
    </table>
  </div>`;
}
